"""Asks who is there (WS-Discovery): everybody on the network by multicast, or addresses one by one. IPv4 and IPv6."""

import asyncio
import re
import socket
import struct
import uuid
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import Any, Final, NamedTuple
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from services.ingest.discovery import onvif_answers
from services.ingest.discovery.places import is_same_host
from services.ingest.discovery.xml_document import DocumentError, elements, read_document, text

GROUP, GROUP_IPV6, PORT = "239.255.255.250", "ff02::c", 3702
MAX_INTERFACES: Final = 64
"""A host of many containers has one for each."""
REPEAT_SECONDS: Final = 0.7
"""UDP is lost, most of all where a radio wakes up."""
MAX_ANSWERS: Final = 1000
MAX_FROM_ONE: Final = 64
"""Answers from one address that are read. A recorder may answer for each of its cameras, to each question."""
MAX_PLACES: Final = 8
"""Addresses of one device, and devices in one answer, that are looked at."""
_PARTS_OF_IPV6: Final = 4
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


class _Asker(NamedTuple):
    """A socket, and the addresses to which it sends each question."""

    socket: socket.socket
    addresses: tuple[tuple[Any, ...], ...]


async def ask_everybody(seconds: float, on_sighting: Callable[[Sighting], None]) -> bool:
    """By multicast of IPv4 and of IPv6 on each interface. False if there is none that has it."""
    askers: list[_Asker | None] = []
    for index in _interfaces():
        askers.append(_asker(socket.AF_INET, [(GROUP, PORT)], index))
        askers.append(_asker(socket.AF_INET6, [(GROUP_IPV6, PORT, 0, index)], index))
    return await _ask(list(filter(None, askers)), seconds, on_sighting)


async def ask_each(hosts: Iterable[str], seconds: float, on_sighting: Callable[[Sighting], None]) -> None:
    """IP addresses one by one, which also goes through routers."""
    addresses: dict[int, list[tuple[Any, ...]]] = {}
    for host in hosts:
        with suppress(OSError):  # behind an interface that is not there
            family, *_, address = socket.getaddrinfo(
                host, PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            )[0]
            addresses.setdefault(family, []).append(address)
    askers = [_asker(family, of_family) for family, of_family in addresses.items()]
    await _ask(list(filter(None, askers)), seconds, on_sighting)


async def _ask(askers: list[_Asker], seconds: float, on_sighting: Callable[[Sighting], None]) -> bool:
    asked = questions()
    listener = _Listener(asked.ids, on_sighting)
    loop, is_sent = asyncio.get_running_loop(), False
    until = loop.time() + seconds
    with ExitStack() as stack:
        for asker in askers:
            stack.enter_context(asker.socket)
            loop.add_reader(asker.socket, listener.receive, asker.socket)
            stack.callback(loop.remove_reader, asker.socket)
        for _ in range(2):
            for asker in askers:
                for message in asked.messages:
                    is_sent |= _send(asker, message)
            await asyncio.sleep(min(REPEAT_SECONDS, max(0.0, until - loop.time())))
        if is_sent:
            await asyncio.sleep(max(0.0, until - loop.time()))
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
            data, address = one.recvfrom(65_536)
            sender = _host_of(address)
            if self._left <= 0:
                return
            count = self._of_one[sender] = self._of_one.get(sender, 0) + 1
            if count > MAX_FROM_ONE:
                return
            self._left -= 1
            with suppress(DocumentError):
                for sighting in read_sightings(data, sender, self._asked):
                    self._on_sighting(sighting)


def _host_of(address: tuple[Any, ...]) -> str:
    """With the interface where that belongs to it: addresses of the kind fe80:: are in each network."""
    host, zone = str(address[0]), address[3] if len(address) == _PARTS_OF_IPV6 else 0
    return f"{host}%{socket.if_indextoname(zone)}" if zone and "%" not in host else host


def _send(asker: _Asker, message: bytes) -> bool:
    is_sent = False
    for address in asker.addresses:
        with suppress(OSError):
            is_sent |= asker.socket.sendto(message, address) > 0
    return is_sent


def _interfaces() -> list[int]:
    with suppress(OSError):
        return [index for index, name in socket.if_nameindex() if name != "lo"][:MAX_INTERFACES]
    return []


def _asker(family: int, addresses: Iterable[tuple[Any, ...]], interface: int | None = None) -> _Asker | None:
    """Asks by multicast on this interface where one is named. None where that can't be."""
    with suppress(OSError), ExitStack() as stack:
        made = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        made.setblocking(False)
        if interface is not None:
            _use_interface(made, interface)
        stack.pop_all()
        return _Asker(made, tuple(addresses))
    return None


def _use_interface(made: socket.socket, index: int) -> None:
    """Multicast goes there, and no further than to the next router."""
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
    else:
        by_index = _IP_MULTICAST_IF_BY_INDEX.pack(bytes(4), bytes(4), index)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, by_index)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)


def _is_camera(match: Element) -> bool:
    """Printers and computers answer to any question, too."""
    return "NetworkVideoTransmitter" in text(match, "Types") or "onvif://www.onvif.org" in text(match, "Scopes").lower()


def _sighting(match: Element, sender: str) -> Sighting:
    """Of the addresses that it names, those without TLS go first, and of these those on the sender's own host. Another
    host is never asked.
    """
    told = text(match, "XAddrs").split()[:MAX_PLACES]
    told.sort(key=lambda url: not is_same_host(onvif_answers.host_of(url), sender))
    places = [place for url in told if (place := onvif_answers.place_of(url)) is not None]
    places.sort(key=lambda place: place.is_encrypted)
    scopes = {kind.lower(): _unquoted(value) for kind, value in _SCOPE.findall(text(match, "Scopes"))}
    key = _uuid_in(text(match, "EndpointReference", "Address"))
    return Sighting(
        id=f"urn:uuid:{key}" if key else sender,
        host=sender,
        places=tuple(dict.fromkeys(places)),
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
