"""Host, port and path: the part of an address behind the login."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote

from services.ingest.camera_address import errors
from services.ingest.camera_address.errors import CameraAddressError

MAX_PORT: Final = 65535
LEAST_LIKELY_PORT: Final = 80
_AUTHORITY: Final = re.compile(r"[^/?#]*")
_BRACKETED: Final = re.compile(r"\[([^\[\]]+)\](?::(.*))?")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_DIGITS_AND_DOTS: Final = re.compile(r"[\d.]+")
_UNSAFE: Final = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Place:
    """`host` is in ASCII and without brackets, `path` begins with / ? or # if it is not empty. `repairs` says what was
    taken otherwise than it was written.
    """

    host: str
    port: int | None
    path: str
    repairs: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """
        Raises:
            CameraAddressError: when `text` does not begin with a host, and a port if any.
        """
        authority = _AUTHORITY.match(text)[0]  # type: ignore[index] # it matches anything
        path = _UNSAFE.sub(lambda found: quote(found[0]), text[len(authority) :])
        host, port, repairs = _host_and_port(authority)
        return cls(_checked_host(host), port, path, repairs)

    @property
    def certainty(self) -> int:
        """How surely this is meant as a host: 2 for an IP address, 1 for a name with a dot, 0 for any other word."""
        if ":" in self.host or self.host == "localhost" or _DIGITS_AND_DOTS.fullmatch(self.host):
            return 2
        return int("." in self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}{'' if self.port is None else f':{self.port}'}{self.path}"


def _host_and_port(authority: str) -> tuple[str, int | None, tuple[str, ...]]:
    if not authority or authority.startswith(":"):
        raise CameraAddressError(errors.NO_HOST)
    bracketed = _BRACKETED.fullmatch(authority)
    if bracketed:
        return bracketed[1], _port(bracketed[2]), ()
    if "[" in authority or "]" in authority:
        raise CameraAddressError(errors.BAD_BRACKETS)
    if authority.count(":") > 1:
        return _of_many_colons(authority)
    host, _, port = authority.partition(":")
    return host, _port(port), ()


def _of_many_colons(authority: str) -> tuple[str, int | None, tuple[str, ...]]:
    """An IPv6 address that lacks its brackets, or a port given twice."""
    head, _, last = authority.rpartition(":")
    whole, shorter = _is_ipv6(authority), _is_ipv6(head)
    as_port = last.isdecimal() and LEAST_LIKELY_PORT <= int(last) <= MAX_PORT
    if whole and shorter and as_port:
        raise CameraAddressError(errors.BARE_IPV6)
    if whole:
        return authority, None, ("an IPv6 address needs brackets",)
    if shorter and as_port:
        return head, int(last), ("an IPv6 address needs brackets",)
    host, *written = authority.split(":")
    ports = [*filter(None, written)] or [""]
    if not all(port.isdecimal() for port in ports):
        raise CameraAddressError(errors.BAD_PORT)
    if len(set(ports)) > 1:
        raise CameraAddressError(errors.TWO_PORTS)
    return host, _port(ports[0]), ("its port is written twice" if len(ports) > 1 else "a colon too many is left out",)


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_PORT)) and 0 < int(text) <= MAX_PORT):
        raise CameraAddressError(errors.BAD_PORT)
    return int(text)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _checked_host(host: str) -> str:
    if ":" in host:
        address = host.replace("%25", "%", 1)
        if not _is_ipv6(address):
            raise CameraAddressError(errors.BAD_HOST)
        return address
    try:
        name = host.encode("idna").decode().lower()
    except UnicodeError:
        raise CameraAddressError(errors.BAD_HOST) from None
    if _DIGITS_AND_DOTS.fullmatch(name):
        return _checked_ipv4(name)
    if not all(_LABEL.fullmatch(label) for label in name.removesuffix(".").split(".")):
        raise CameraAddressError(errors.BAD_HOST)
    return name


def _checked_ipv4(host: str) -> str:
    """The resolver would take 010 for 8, and 1.2 for 1.0.0.2."""
    parts = host.split(".")
    if any(len(part) > 1 and part.startswith("0") for part in parts):
        raise CameraAddressError(errors.LEADING_ZEROS)
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise CameraAddressError(errors.BAD_IP) from None
