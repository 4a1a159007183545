"""Whom to ask, how many at once, and until when. Each device is told as soon as it is known."""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.discovery import texts
from services.ingest.discovery.found import Device, shown
from services.ingest.discovery.onvif_answers import ServicePlace
from services.ingest.discovery.onvif_device import USUAL_PATH, ask_device
from services.ingest.discovery.onvif_service import OnvifService
from services.ingest.discovery.places import (
    Address,
    PlaceError,
    addresses_in,
    is_own,
    refuse_foreign,
    without_zone,
)
from services.ingest.discovery.rtsp_server import RtspServer, ask_server
from services.ingest.discovery.ws_discovery import Sighting, ask_each, ask_everybody

MULTICAST_SECONDS: Final = 3.0
DIRECT_SECONDS: Final = 2.0
CONNECT_SECONDS: Final = 1.0
NAME_SECONDS: Final = 5.0
MAX_CONNECTIONS: Final = 128
"""Connections that are being made at the same time, to look which ports are open."""
MAX_ASKED_AT_ONCE: Final = 8
MAX_DEVICES: Final = 64
DEVICE_SECONDS: Final = 10.0
"""For all that one device is asked."""
HTTP_PORTS: Final = (80, 8080, 8000, 8899, 2020)
HTTPS_PORT: Final = 443
MORE_HTTP_PORTS: Final = (888, HTTPS_PORT)
"""Looked at where one host is asked. In a range each port takes two seconds more."""
RTSP_PORTS: Final = (554, 8554)
MULTICAST: Final = "multicast"
_IPV4: Final = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """`host` is a person's text; empty for everybody on the network. A login is for one host alone."""

    host: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    seconds: float = 24.0


class Search:
    """One search. `tell` gets each device once."""

    def __init__(self, wanted: Wanted, tell: Callable[[Device], None]) -> None:
        self._wanted: Final = wanted
        self._tell: Final = tell
        self._sightings: dict[tuple[str, str], Sighting] = {}
        self._ids: set[str] = set()
        has_login = bool(wanted.username or wanted.password)
        self._login = wanted.username, wanted.password
        self._asking: Final = asyncio.Semaphore(1 if has_login else MAX_ASKED_AT_ONCE)
        self._connecting: Final = asyncio.Semaphore(MAX_CONNECTIONS)
        self._notices: Final[list[str]] = []
        self._is_of_one: bool = False

    async def run(self) -> dict[str, Any]:
        """What is to be said beside the devices.

        Raises:
            PlaceError: the place can't be asked.
        """
        began_at = time.monotonic()
        hosts = await self._hosts()
        self._is_of_one = hosts is not None and len(hosts) == 1
        is_complete = True
        try:
            async with asyncio.timeout(self._wanted.seconds - (time.monotonic() - began_at)):
                await (self._everybody() if hosts is None else self._each(hosts))
        except TimeoutError:
            is_complete = False
            self._notices.append(texts.OUT_OF_TIME)
        if not self._ids:
            self._notices.append(texts.NOBODY if hosts is None else texts.NOBODY_THERE)
        return {
            "asked": self._wanted.host.strip() or MULTICAST,
            "notices": list(dict.fromkeys(self._notices)),
            "is_complete": is_complete,
            "seconds": round(time.monotonic() - began_at, 1),
        }

    async def _hosts(self) -> list[str] | None:
        """The IP addresses to ask; None for everybody."""
        text, has_login = self._wanted.host.strip(), bool(self._wanted.username or self._wanted.password)
        if not text and has_login:
            raise PlaceError(texts.LOGIN_FOR_ONE, "password")
        if not text:
            return None
        addresses = addresses_in(text)
        if addresses is None:
            addresses = [await _resolved(text)]
        if has_login and len(addresses) != 1:
            raise PlaceError(texts.LOGIN_FOR_ONE, "password")
        return [str(address) for address in addresses]

    async def _everybody(self) -> None:
        """Most cameras answer by IPv4 and by IPv6. They are asked by IPv4 alone, whose addresses anybody can use."""
        if not await ask_everybody(MULTICAST_SECONDS, self._take):
            self._notices.append(texts.NO_MULTICAST)
        of_ipv4 = {seen.id for seen in self._sightings.values() if ":" not in seen.host}
        own = [
            seen
            for seen in self._sightings.values()
            if is_own(ipaddress.ip_address(seen.host)) and (":" not in seen.host or seen.id not in of_ipv4)
        ]
        if len(own) > MAX_DEVICES:
            self._notices.append(texts.TOO_MANY_DEVICES)
        await asyncio.gather(*map(self._ask_seen, own[:MAX_DEVICES]))

    async def _each(self, hosts: list[str]) -> None:
        """By ONVIF's own way, which knows odd ports, and beside it at the ports that cameras usually have."""
        looking = asyncio.gather(*(self._open_ports(host) for host in hosts))
        opened, _ = await asyncio.gather(looking, ask_each(hosts, DIRECT_SECONDS, self._take))
        wanted = frozenset(hosts)
        seen = [one for one in self._sightings.values() if one.host in wanted]
        answered = {one.host for one in seen}
        others = [
            self._ask_unseen(host, ports)
            for host, ports in zip(hosts, opened, strict=True)
            if ports and host not in answered
        ]
        await asyncio.gather(*map(self._ask_seen, seen), *others)

    def _take(self, seen: Sighting) -> None:
        """Most devices answer several times. Some makers give all theirs the same id, so the host counts, too."""
        is_of_ipv6 = ":" in seen.host
        if sum((":" in host) == is_of_ipv6 for _, host in self._sightings) >= MAX_DEVICES:
            self._notices.append(texts.TOO_MANY_DEVICES)
        else:
            self._sightings.setdefault((seen.id, without_zone(seen.host)), seen)

    async def _ask_seen(self, seen: Sighting) -> None:
        async with self._asking:
            device = await self._of_onvif(seen)
            if device is None:
                name, maker, model = map(shown, (seen.name, seen.maker, seen.model))
                device = Device(seen.id, seen.host, "onvif", name=name, maker=maker, model=model)
                device = device.with_notice(texts.MUTE)
            if self._is_of_one and not device.streams:
                device = await self._of_rtsp(device, await self._open_ports(seen.host)) or device
            self._found(device)

    async def _ask_unseen(self, host: str, ports: frozenset[int]) -> None:
        async with self._asking:
            places = tuple(
                ServicePlace(port, USUAL_PATH, port == HTTPS_PORT)
                for port in (*HTTP_PORTS, *MORE_HTTP_PORTS)
                if port in ports
            )
            device = await self._of_onvif(Sighting(host, host, places)) if places else None
            if device is None or (self._is_of_one and not device.streams):
                device = await self._of_rtsp(device or Device(host, host, "rtsp"), ports) or device
            if device is not None:
                self._found(device)

    async def _of_onvif(self, seen: Sighting) -> Device | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DEVICE_SECONDS):
                device = await ask_device(seen, OnvifService(seen.host, *self._login))
                self._forget_refused(device)
                return device
        return None

    async def _of_rtsp(self, device: Device, ports: frozenset[int]) -> Device | None:
        """None where nothing speaks RTSP."""
        for port in RTSP_PORTS:
            server = RtspServer(device.host, port, *self._login)
            if port in ports and await server.is_one():
                return await ask_server(device, server, with_templates=self._is_of_one)
        return None

    def _forget_refused(self, device: Device | None) -> None:
        """A login that was refused is not offered again, at another port or to the next device of a recorder."""
        if device is not None and device.password_works is False:
            self._login = "", ""

    async def _open_ports(self, host: str) -> frozenset[int]:
        ports = (*HTTP_PORTS, *RTSP_PORTS, *(MORE_HTTP_PORTS if self._is_of_one else ()))
        are_open = await asyncio.gather(*(self._is_open(host, port) for port in ports))
        return frozenset(port for port, is_open in zip(ports, are_open, strict=True) if is_open)

    async def _is_open(self, host: str, port: int) -> bool:
        async with self._connecting:
            with suppress(OSError):  # TimeoutError is one
                async with asyncio.timeout(CONNECT_SECONDS):
                    _, writer = await asyncio.open_connection(host, port)
                    writer.transport.abort()
                    return True
        return False

    def _found(self, device: Device) -> None:
        is_taken = device.id in self._ids
        self._ids.add(device.id)
        self._tell(replace(device, id=f"{device.id} {device.host}") if is_taken else device)


async def _resolved(name: str) -> Address:
    """
    Raises:
        PlaceError: there is none, or it may not be asked.
    """
    if is_metadata_service(name):
        raise PlaceError(texts.METADATA)
    try:
        async with asyncio.timeout(NAME_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise PlaceError(texts.UNKNOWN_NAME.format(name)) from None
    addresses = [ipaddress.ip_address(str(place[0])) for *_, place in found]
    address = next((one for one in addresses if one.version == _IPV4), addresses[0])
    refuse_foreign(address)
    return address
