"""For all tests: a test that needs a program missing on this machine is skipped on a laptop and fails in CI."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from shared.settings_file import IS_READ
from tests.clients.webkit import missing_webkit_parts
from tests.support.camera import missing_camera_parts
from tests.support.disks import missing_disk_parts
from tests.support.hosts import missing_host_parts

pytest_plugins = ["tests.support.fixtures"]
CHROMIUM = Path("/usr/bin/chromium")
# A busy machine is no failure, and a failing example is in the output.
settings.register_profile("framecast", deadline=None, database=None)
settings.load_profile("framecast")
# Services have the computer's time zone unless a test gives them another: here it is the same on every computer.
os.environ["TZ"] = "UTC"
# A .env in the checkout is its owner's, and not the tests'.
os.environ[IS_READ] = "1"
time.tzset()


_MISSING_PARTS: dict[str, Callable[[], str | None]] = {
    "camera": missing_camera_parts,
    "hosts": missing_host_parts,
    "disks": missing_disk_parts,
    "webkit": missing_webkit_parts,
}


def _missing(item: pytest.Item) -> str | None:
    for marker, missing_parts in _MISSING_PARTS.items():
        if item.get_closest_marker(marker) and (reason := missing_parts()):
            return reason
    if item.get_closest_marker("browser") and not CHROMIUM.exists():
        return "Debian's chromium is not installed: apt-get install chromium"
    clients = item.get_closest_marker("clients")
    if clients and clients.args and not shutil.which(clients.args[0]):
        return f"{clients.args[0]} is not installed: apt-get install {' '.join(clients.args[1:])}"
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    reason = _missing(item)
    if reason is None:
        return
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
