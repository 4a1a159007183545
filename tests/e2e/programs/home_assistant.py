"""Home Assistant itself, with its API on a port of loopback. Runs in the image of the programs, not in our environment.

usage: home_assistant.py PORT. Prints one line of JSON when it is up: a token for the API, and the labels of its forms.
It ends with its standard input.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

import homeassistant.components  # type: ignore[import-not-found] # only in that image
from homeassistant import bootstrap, runner

CONFIGURATION = """
homeassistant:
  time_zone: UTC
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
config:
camera:
"""


def labels(integration: str) -> dict[str, str]:
    """What the integration's form says in English beside each field, by the field's key."""
    place = Path(homeassistant.components.__path__[0]) / integration / "translations/en.json"
    found: dict[str, str] = json.loads(place.read_text())["config"]["step"]["user"]["data"]
    return found


async def main(directory: str) -> None:
    hass = await bootstrap.async_setup_hass(runner.RuntimeConfig(config_dir=directory, skip_pip=True))
    await hass.async_start()
    user = await hass.auth.async_create_user("owner", group_ids=["system-admin"])
    refresh = await hass.auth.async_create_refresh_token(user, client_id="http://127.0.0.1/")
    token = hass.auth.async_create_access_token(refresh)
    names = {name: await hass.async_add_executor_job(labels, name) for name in ("mjpeg", "generic")}
    sys.stdout.write(json.dumps({"token": token, "labels": names}) + "\n")
    sys.stdout.flush()
    await hass.async_add_executor_job(sys.stdin.read)
    os._exit(0)  # an orderly end takes ten seconds, and nothing is kept


with tempfile.TemporaryDirectory() as home:
    (Path(home) / "configuration.yaml").write_text(CONFIGURATION.format(port=sys.argv[1]))
    asyncio.run(main(home))
