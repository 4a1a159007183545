"""Judges an address that a device names: shown without its login, and refused where it leads to no camera. Pure."""

import ipaddress
import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.discovery import texts
from services.ingest.discovery.places import is_same_host
from shared.url_masking import login_in_path

STREAMS: Final = frozenset({"rtsp", "rtsps"})
PICTURES: Final = frozenset({"http", "https"})
_FORM: Final = re.compile(r"[!-~]{1,1024}")
_UNUSED_AS_HOST: Final = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


class Judged(NamedTuple):
    """`url` is None where `notice` says why it can't be used."""

    url: str | None
    notice: str | None


def judge(text: str, device: str, schemes: frozenset[str]) -> Judged:
    """What to show of an address that the device at the IP address `device` named.

    Cameras that don't know their own address name 127.0.0.1 or 0.0.0.0, and mean themselves.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return Judged(None, texts.BAD_ADDRESS)
    if (
        not _FORM.fullmatch(text)
        or parts.scheme.lower() not in schemes
        or not host
        or "\\" in text
        or "@" in parts.path
    ):
        return Judged(None, texts.BAD_ADDRESS)
    if is_metadata_service(host):
        return Judged(None, texts.BAD_HOST)
    is_device = is_same_host(host, device)
    is_misnamed = not is_device and _is_this_computer(host)
    host = device if is_device or is_misnamed else host
    place = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme.lower()}://{place}{f':{port}' if port else ''}{parts.path}"
    url += f"?{parts.query}" if parts.query else ""
    if login_in_path(url):
        return Judged(None, texts.LOGIN_INSIDE)
    if is_misnamed:
        return Judged(url, texts.THIS_COMPUTER)
    return Judged(url, None if is_device else texts.OTHER_HOST.format(host))


def _is_this_computer(host: str) -> bool:
    if host.lower() in _UNUSED_AS_HOST or host.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # 0x7f000001 and 2130706433 are names to us, but an address to a resolver
        return re.fullmatch(r"(?:0[xX][0-9A-Fa-f]*|\d+)(?:\.(?:0[xX][0-9A-Fa-f]*|\d+))*", host) is not None
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified or mapped.is_multicast)
