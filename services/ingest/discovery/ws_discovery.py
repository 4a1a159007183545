"""Asks who is there (WS-Discovery): everybody on the network by multicast, or addresses one by one."""

import asyncio
import re
import socket
import struct
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Final, NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from services.ingest.discovery import onvif_answers
from services.ingest.discovery.xml_document import DocumentError, elements, read_document, text

GROUP, PORT = "239.255.255.250", 3702
REPEAT_SECONDS: Final = 0.7
"""UDP is lost, most of all where a radio wakes up."""
MAX_ANSWERS: Final = 1000
MAX_FROM_ONE: Final = 64
"""Answers from one address that are read. A recorder may answer for each of its cameras, to each question."""
MAX_PLACES: Final = 8
"""Addresses of one device, and devices in one answer, that are looked at."""
_IP_MULTICAST_IF_BY_INDEX: Final = struct.Struct("=4s4si")
_WANTED: Final = ("dn:NetworkVideoTransmitter", "tds:Device")
"""Asked apart, as some devices answer only to one of them."""
_SCOPE: Final = re.compile(r"onvif://www\.onvif\.org/(name|hardware|mfr|manufacturer)/([!-~]{1,256})", re.IGNORECASE)
_PROBE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
    '<s:Header><a:MessageID>urn:uuid:{id}</a:MessageID><a:To s:mustUnderstand="1">'
    "urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
    '<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header>'
    "<s:Body><d:Probe><d:Types>{wanted}</d:Types></d:Probe></s:Body></s:Envelope>"
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Sighting(NamedTuple):
    """A device that has answered from the IP address `host`. `places` are those of its service, the likeliest first."""

    id: str
    host: str
    places: tuple[onvif_answers.ServicePlace, ...]
    is_encrypted: bool
    name: str = ""
    maker: str = ""
    model: str = ""


class Questions(NamedTuple):
    ids: frozenset[str]
    messages: tuple[bytes, ...]


def questions() -> Questions:
    asked = {str(uuid.uuid4()): wanted for wanted in _WANTED}
    messages = tuple(_PROBE.format(id=key, wanted=wanted).encode() for key, wanted in asked.items())
    return Questions(frozenset(asked), messages)


def read_sightings(data: bytes, sender: str, asked: frozenset[str]) -> list[Sighting]:
    """The devices in an answer from the IP address `sender` to one of the questions `asked`.

    Raises:
        DocumentError: it is none.
    """
    root = read_document(data)
    if _uuid_in(text(root, "RelatesTo")) not in asked:
        raise DocumentError("an answer to another question")
    matches = [match for match in elements(root, "ProbeMatch") if _is_camera(match)]
    return [_sighting(match, sender) for match in matches[:MAX_PLACES]]


async def ask_everybody(seconds: float, on_sighting: Callable[[Sighting], None]) -> bool:
    """By multicast on each interface. False if there is none that has it."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(made) for made in map(_multicast_socket, _interfaces()) if made is not None]
        return await _ask(sockets, (GROUP,), seconds, on_sighting)


async def ask_each(hosts: Iterable[str], seconds: float, on_sighting: Callable[[Sighting], None]) -> None:
    """Addresses of IPv4 one by one, which also goes through routers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setblocking(False)
        await _ask([one], tuple(hosts), seconds, on_sighting)


async def _ask(
    sockets: list[socket.socket], hosts: tuple[str, ...], seconds: float, on_sighting: Callable[[Sighting], None]
) -> bool:
    asked = questions()
    listener = _Listener(asked.ids, on_sighting)
    loop, is_sent = asyncio.get_running_loop(), False
    until = loop.time() + seconds
    for one in sockets:
        loop.add_reader(one, listener.receive, one)
    try:
        for _ in range(2):
            for one in sockets:
                for message in asked.messages:
                    is_sent |= _send(one, message, hosts)
            await asyncio.sleep(min(REPEAT_SECONDS, max(0.0, until - loop.time())))
        if is_sent:
            await asyncio.sleep(max(0.0, until - loop.time()))
    finally:
        for one in sockets:
            loop.remove_reader(one)
    return is_sent


class _Listener:
    """Reads answers. What is not one, or one too many, is dropped."""

    def __init__(self, asked: frozenset[str], on_sighting: Callable[[Sighting], None]) -> None:
        self._asked = asked
        self._on_sighting = on_sighting
        self._left = MAX_ANSWERS
        self._of_one: dict[str, int] = {}

    def receive(self, one: socket.socket) -> None:
        with suppress(OSError):
            data, (sender, *_) = one.recvfrom(65_536)
            if self._left <= 0:
                return
            count = self._of_one[sender] = self._of_one.get(sender, 0) + 1
            if count > MAX_FROM_ONE:
                return
            self._left -= 1
            with suppress(DocumentError):
                for sighting in read_sightings(data, sender, self._asked):
                    self._on_sighting(sighting)


def _send(one: socket.socket, message: bytes, hosts: Iterable[str]) -> bool:
    is_sent = False
    for host in hosts:
        with suppress(OSError):
            is_sent |= one.sendto(message, (host, PORT)) > 0
    return is_sent


def _interfaces() -> list[int]:
    with suppress(OSError):
        return [index for index, name in socket.if_nameindex() if name != "lo"]
    return []


def _multicast_socket(interface: int) -> socket.socket | None:
    """For answers to what is asked on this interface. None where it can't be asked."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        by_index = _IP_MULTICAST_IF_BY_INDEX.pack(bytes(4), bytes(4), interface)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, by_index)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    except OSError:
        made.close()
        return None
    return made


def _is_camera(match: Element) -> bool:
    """Printers and computers answer to any question, too."""
    return "NetworkVideoTransmitter" in text(match, "Types") or "onvif://www.onvif.org" in text(match, "Scopes").lower()


def _sighting(match: Element, sender: str) -> Sighting:
    """Of the addresses that it names, those on the sender's own host go first; another host is never asked."""
    told = text(match, "XAddrs").split()[:MAX_PLACES]
    told.sort(key=lambda url: f"//{sender}" not in url)
    places = tuple(place for url in told if (place := onvif_answers.place_of(url)) is not None)
    scopes = {kind.lower(): _unquoted(value) for kind, value in _SCOPE.findall(text(match, "Scopes"))}
    key = _uuid_in(text(match, "EndpointReference", "Address"))
    return Sighting(
        id=f"urn:uuid:{key}" if key else sender,
        host=sender,
        places=tuple(dict.fromkeys(places)),
        is_encrypted=bool(told) and not places,
        name=scopes.get("name", ""),
        maker=scopes.get("mfr", scopes.get("manufacturer", "")),
        model=scopes.get("hardware", ""),
    )


def _uuid_in(value: str) -> str:
    """In lower case, whatever stands before it; empty if there is none."""
    found = _UUID.search(value.lower())
    return found[0] if found else ""


def _unquoted(value: str) -> str:
    return unquote(value, errors="replace")
