"""Reads what ONVIF devices answer. Pure. All of it is a stranger's: whatever can't be true is left out."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from services.ingest.discovery import soap
from services.ingest.discovery.xml_document import element, elements, text

MAX_PROFILES: Final = 16
_MOST_PIXELS_A_SIDE: Final = 32_768
_HIGHEST_RATE: Final = 1000.0
_LONGEST_NUMBER: Final = 16
_LAST_YEAR: Final = 9000
"""Beyond it there is no room to count on from."""
_CODECS: Final = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "jpeg", "MJPEG": "jpeg", "MPEG4": "mpeg4"}
_NOT_ALLOWED: Final = re.compile(
    r"(?i)notauthorized|notauthenticated|failedauthentication|unauthorized|securitytoken"
    r"|authorityfailure|authenticationfail|authorizationfail|wsse|usernameorpassword"
)
"""The standard has a word for it, and many cameras have words of their own. Blanks are left out."""
_PORTS: Final = {"http": 80, "https": 443}
_TOKEN: Final = re.compile(r"[^\x00-\x1f]{1,64}")


class Facts(NamedTuple):
    maker: str
    model: str


class Profile(NamedTuple):
    token: str
    source: str
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None


class ServicePlace(NamedTuple):
    """Where a service is on the device itself: whichever host its address names, that is the one that was asked."""

    port: int
    path: str
    is_encrypted: bool = False


def is_refusal_for_login(root: Element) -> bool:
    """Whether it is a fault that a login would help against."""
    fault = element(root, "Fault")
    if fault is None:
        return False
    return any(_NOT_ALLOWED.search("".join((part.text or "").split())) for part in fault.iter())


def is_fault(root: Element) -> bool:
    return element(root, "Fault") is not None


def clock(root: Element) -> datetime | None:
    """The device's time. None where it tells none, or one that can't be."""
    parts = [
        _whole(text(root, "UTCDateTime", *names), 9999)
        for names in (
            *(("Date", "Year"), ("Date", "Month"), ("Date", "Day")),
            *(("Time", "Hour"), ("Time", "Minute"), ("Time", "Second")),
        )
    ]
    year, month, day, hour, minute, second = (part if part is not None else -1 for part in parts)
    try:
        return None if year > _LAST_YEAR else datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def clock_of_http(date: str) -> datetime | None:
    """The device's time by the header Date, where it tells its clock to nobody without a login."""
    try:
        told = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return None
    return None if told.year > _LAST_YEAR else told.replace(tzinfo=told.tzinfo or UTC)


def facts(root: Element) -> Facts:
    return Facts(
        text(root, "GetDeviceInformationResponse", "Manufacturer"), text(root, "GetDeviceInformationResponse", "Model")
    )


def services(root: Element) -> dict[str, ServicePlace]:
    """The places of services, by their namespaces. Of GetServices or of GetCapabilities."""
    found: dict[str, ServicePlace] = {}
    for service in elements(root, "Service"):
        _take(found, text(service, "Namespace"), text(service, "XAddr"))
    if not found:
        _take(found, soap.MEDIA, text(root, "Capabilities", "Media", "XAddr"))
    return found


def profiles(root: Element) -> list[Profile]:
    """Of either media service. Those without a token can't be asked for."""
    found: list[Profile] = []
    for tag in elements(root, "Profiles"):
        token = tag.get("token", "")
        if _TOKEN.fullmatch(token):
            found.append(_profile(tag, token))
        if len(found) == MAX_PROFILES:
            break
    return found


def address(root: Element) -> str:
    """The stream's or the picture's. Empty where there is none."""
    return text(root, "Uri")


def place_of(url: str) -> ServicePlace | None:
    """None where it is no address of HTTP's or HTTPS's."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    usual_port = _PORTS.get(parts.scheme.lower())
    if usual_port is None or not re.fullmatch(r"/[!-~]{0,511}", path):
        return None
    return ServicePlace(port or usual_port, path, parts.scheme.lower() == "https")


def host_of(url: str) -> str:
    """The host that an address names; empty where it is none."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def _take(found: dict[str, ServicePlace], namespace: str, url: str) -> None:
    place = place_of(url)
    if place is not None and namespace in (soap.DEVICE, soap.MEDIA, soap.MEDIA2):
        found.setdefault(namespace, place)


def _profile(tag: Element, token: str) -> Profile:
    encoder = element(tag, "VideoEncoderConfiguration")
    encoder = element(tag, "VideoEncoder") if encoder is None else encoder
    source = text(tag, "SourceToken")
    if encoder is None:
        return Profile(token, source, None, None, None, None)
    rate = element(encoder, "RateControl")
    return Profile(
        token=token,
        source=source,
        codec=_CODECS.get(text(encoder, "Encoding").upper()),
        width=_whole(text(encoder, "Resolution", "Width"), _MOST_PIXELS_A_SIDE) or None,
        height=_whole(text(encoder, "Resolution", "Height"), _MOST_PIXELS_A_SIDE) or None,
        fps=None if rate is None else _rate(text(rate, "FrameRateLimit")),
    )


def _whole(value: str, most: int) -> int | None:
    return int(value) if re.fullmatch(r"\d{1,6}", value, re.ASCII) and int(value) <= most else None


def _rate(value: str) -> float | None:
    try:
        rate = float(value) if len(value) <= _LONGEST_NUMBER else 0.0
    except ValueError:
        return None
    return round(rate, 2) if math.isfinite(rate) and 0 < rate <= _HIGHEST_RATE else None
