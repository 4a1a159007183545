"""A whole conversation with a device that speaks ONVIF, or pretends to: what it may ask for, and what is told of it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Final
from unittest.mock import patch

from fuzz.pieces import records_in
from services.ingest.cameras.told_by_process import devices_and_end
from services.ingest.discovery import onvif_service
from services.ingest.discovery.http_post import Answer, read_answer
from services.ingest.discovery.onvif_answers import ServicePlace
from services.ingest.discovery.onvif_device import ask_device
from services.ingest.discovery.onvif_service import OnvifService
from services.ingest.discovery.ws_discovery import Sighting

HANDLED: Final = ()
MAX_BYTES: Final = 16 * 1024
HOST: Final = "192.0.2.1"
SEEN: Final = Sighting("urn:uuid:0", HOST, (ServicePlace(80, "/onvif/device_service"),))
MOST_REQUESTS: Final = 128
_LOOP: Final = asyncio.new_event_loop()


def read(data: bytes) -> None:
    """Each answer is a record: HTTP, or a document alone. The last one comes again and again. Only the device is asked,
    the questions come to an end, and what is told of the device passes through ingest to the page as it is.
    """
    answers, asked = [*records_in(data)], list[str]()

    async def post(host: str, place: ServicePlace, headers: Mapping[str, str], _body: bytes) -> Answer:
        assert host == HOST
        assert 0 < place.port < 65536  # noqa: PLR2004 ports
        assert place.path.isascii()
        assert place.path.isprintable()
        assert not any(sign in value for value in headers.values() for sign in "\r\n"), headers
        answer = answers[min(len(asked), len(answers) - 1)] if answers else b""
        asked.append(place.path)
        assert len(asked) <= MOST_REQUESTS
        return Answer(200, {}, answer) if answer[:1] == b"<" else read_answer(answer, is_all=True)

    with patch.object(onvif_service, "post", post):
        device = _LOOP.run_until_complete(ask_device(SEEN, OnvifService(HOST, "admin", "of nobody")))
    if device is not None:
        line = json.dumps({"device": device.told()}).encode()
        told, _ = devices_and_end(line + b"\n")
        assert told == [json.loads(line)["device"]]
