"""From what a person wrote to the camera's address. What can only mean one thing is taken; all else is refused."""

import re
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit

from services.ingest.camera_address import errors
from services.ingest.camera_address.address import AddressKind, CameraAddress
from services.ingest.camera_address.errors import CameraAddressError
from services.ingest.camera_address.login import read_login
from services.ingest.camera_address.pasted_text import OTHER_TYPES, address_in
from services.ingest.camera_address.place import Place
from services.ingest.camera_address.placeholders import refuse_placeholders
from shared.url_masking import mask_pasted_url

_SCHEME: Final = re.compile(r"(rtsp[stx]?|https?)([:;]{1,2}[\\/]+|//)((?:rtsp://)*)", re.IGNORECASE)
_SPOKEN_AS: Final = {"rtspx": "rtsps", "rtspt": "rtsp"}
_ANY_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*)(?::(?!\d+(?:[/?#]|$)|:|[0-9a-f]{1,4}:)|[.;]?//)", re.IGNORECASE)
_GO2RTC_OPTIONS: Final = re.compile(
    r"(?:#(?:video|audio|media|backchannel|timeout|transport|input|output|hardware|raw|width|height|rotate|async|query"
    r"|bitrate|gop|drawtext|killsignal|killtimeout|starttimeout)(?:=[^#@]*)?)+$"
)
_SRTP: Final = re.compile(r"[?&]enableSrtp(?:=\w*)?(?=&|$)", re.IGNORECASE)
_SURELY_A_HOST: Final = re.compile(r"(?=[^@]*$)[^/?#]*[.:\[]")
_WINDOWS_PATH: Final = re.compile(r"[a-z]:[\\/]|\\\\|%\w+%\\", re.IGNORECASE)
_HTTP_PORTS: Final = frozenset({80, 81, 443, 8000, 8080, 8081, 8443})
_HTTP_PATH: Final = re.compile(r"\.(?:cgi|mjpe?g|jpe?g|flv|m3u8|php)(?:$|[?#])|[?&]action=", re.IGNORECASE)
_FILE: Final = re.compile(
    r"\.(?:mp4|m4v|mov|mkv|webm|avi|ts|mts|mpe?g|mjpe?g|h26[45]|flv|jpe?g|png|gif|toml)$", re.IGNORECASE
)
_REFUSED: Final = dict.fromkeys(OTHER_TYPES | {"ffmpeg", "unifi"}, errors.OTHER_PROGRAM) | {
    "usb": errors.DEVICE, "v4l2": errors.DEVICE, "avfoundation": errors.DEVICE, "dshow": errors.DEVICE,
    "tcp": errors.OTHER_SCHEME, "udp": errors.OTHER_SCHEME, "hls": errors.OTHER_SCHEME,
    "rtmp": errors.RTMP, "rtmps": errors.RTMP, "rtmpt": errors.RTMP, "onvif": errors.ONVIF,
    "webrtc": errors.WEBRTC, "whep": errors.WEBRTC, "ws": errors.WEBRTC, "wss": errors.WEBRTC,
    "rtspu": errors.UDP_SCHEME, "rtps": errors.MISSPELT, "rstp": errors.MISSPELT, "rtp": errors.MISSPELT,
    "rtso": errors.MISSPELT, "tsp": errors.MISSPELT, "rtsp": errors.MISSPELT, "htpp": errors.OTHER_SCHEME,
}  # fmt: skip


_ENCODED_WHOLE: Final = re.compile(r"rtsps?%(?:25)*3A%(?:25)*2F%(?:25)*2F", re.IGNORECASE)
_SECOND_SCHEME: Final = re.compile(r"(?:rtsps?|https?)(?::?//)", re.IGNORECASE)
_NO_SCHEME_BUT_SLASHES: Final = re.compile(r":?//(?=[^/])")
_WIDE_SCHEME: Final = re.compile("(?:rtsp[stx]?|https?)(?:\uff1a[/\uff0f]{2}|:\uff0f{2})", re.IGNORECASE)
_WIDE: Final = str.maketrans("\uff1a\uff0f\uff20\uff0e\u3002\uff1f\uff1d\uff06", ":/@..?=&")
"""What keyboards for Chinese and Japanese type for an address's signs."""


def understand(text: str) -> CameraAddress:
    """The address that `text` means. A path of a file that exists needs no understanding, and is not for this.

    Raises:
        CameraAddressError: when it could mean several things, or nothing that can be read.
    """
    plain = _WIDE_SCHEME.sub(lambda scheme: scheme[0].translate(_WIDE), text)
    try:
        return _understood(plain, ["wide signs mean plain ones"] if plain != text else [])
    except CameraAddressError as error:
        plain = text.translate(_WIDE)
        if plain == text:
            raise
        address = _understood(plain, ["wide signs mean plain ones"])
        # In the login they may be meant.
        if address.username in text and address.password in text:
            return address
        raise error from None


def _understood(text: str, repairs: list[str]) -> CameraAddress:
    while _ENCODED_WHOLE.match(text.strip()):
        text, repairs = unquote(text), ["it was percent-encoded as a whole"]
    pasted = address_in(text)
    address, repairs = pasted.address, [*repairs, *pasted.repairs]
    for escaped, meant in (("&amp;", "&"), ("\\/", "/"), ("\\&", "&"), ("\\?", "?"), ("\\=", "=")):
        if escaped in address.rpartition("@")[2] and (escaped != "\\/" or ":\\/" in address):
            address = address.replace(escaped, meant)
            repairs.append(f"{escaped} means {meant}")
    if address.lower().startswith("file:"):
        return _of_file(address)
    found = _SCHEME.match(address)
    if found:
        scheme, rest = _scheme_and_rest(found, address[found.end() :], repairs)
        username, password, place = _login_and_place(scheme, rest, repairs)
    else:
        if _NO_SCHEME_BUT_SLASHES.match(address):
            address = address.lstrip(":/")
        _refuse_path_or_other_scheme(address)
        scheme = "rtsp"
        repairs.append("without a scheme it means rtsp://")
        username, password, place = _login_and_place(scheme, address, repairs)
        _refuse_doubtful_place(place, has_login="@" in address)
    url = f"{scheme}://{place}"
    notices = (f"The camera's address is taken as {mask_pasted_url(url)}: {', '.join(repairs)}.",) if repairs else ()
    kind: AddressKind = "http" if scheme.startswith("http") else "rtsp"
    return CameraAddress(kind, url, username, password, notices).with_login(pasted.username, pasted.password)


def _scheme_and_rest(found: re.Match[str], rest: str, repairs: list[str]) -> tuple[str, str]:
    """The scheme as we speak it, and what stands behind it. What was taken otherwise is added to `repairs`."""
    written, separator, doubled = found[1].lower(), found[2], found[3]
    if len(separator.strip(":;")) > len("//") and not _SURELY_A_HOST.match(rest):
        raise CameraAddressError(errors.NO_HOST)
    if _SECOND_SCHEME.match(rest) or (doubled and not written.startswith("rtsp")):
        raise CameraAddressError(errors.TWO_SCHEMES)
    if rest.startswith(" "):
        rest = rest.lstrip(" ")
        repairs.append("the space behind :// is left out")
    if separator != "://" or doubled:
        repairs.append("the scheme ends in ://")
    if "\\" in separator:
        login, at, place = rest.rpartition("@")
        rest = f"{login}{at}{place.replace(chr(92), '/')}"
    scheme = _SPOKEN_AS.get(written, written)
    if scheme != written:
        repairs.append(f"{written}:// means {scheme}://")
    return scheme, rest


def _login_and_place(scheme: str, rest: str, repairs: list[str]) -> tuple[str, str, Place]:
    """User name, password and place. What was left out is added to `repairs`."""
    if options := _GO2RTC_OPTIONS.search(rest):
        rest = rest[: options.start()]
        repairs.append("the options behind # are for go2rtc")
    refuse_placeholders(rest)
    username, password, place = read_login(rest)
    repairs.extend(place.repairs)
    if scheme == "rtsps" and _SRTP.search(place.path):
        path = re.sub(r"^([^?]*)&", r"\1?", _SRTP.sub("", place.path))
        place = replace(place, path=path)
        repairs.append("without enableSrtp the video is encrypted by TLS alone")
    return username, password, place


def _of_file(address: str) -> CameraAddress:
    """An address of a file: file:///path, file:/path or file://localhost/path."""
    if _WINDOWS_PATH.match(unquote(address[len("file:") :]).lstrip("/")):
        raise CameraAddressError(errors.WINDOWS_PATH)
    try:
        parts = urlsplit(address)
    except ValueError:  # what stands for the host is none
        raise CameraAddressError(errors.NO_FILE) from None
    if parts.netloc not in ("", "localhost"):
        raise CameraAddressError(errors.NO_FILE)
    return CameraAddress("file", unquote(parts.path))


def _refuse_path_or_other_scheme(address: str) -> None:
    """
    Raises:
        CameraAddressError: when the text is a path, or begins with a scheme that can't be read.
    """
    if _WINDOWS_PATH.match(address):
        raise CameraAddressError(errors.WINDOWS_PATH)
    if address.startswith("~"):
        raise CameraAddressError(errors.HOME_PATH)
    if address.startswith(("/dev/", "usb:", "avfoundation:", "v4l2:")) or address.isdecimal():
        raise CameraAddressError(errors.DEVICE)
    if not address or address.startswith(("/", ".", "?", "#")):
        raise CameraAddressError(errors.NO_FILE)
    scheme = _ANY_SCHEME.match(address)
    if scheme and ("//" in scheme[0] or "@" not in address or address[scheme.end() :].startswith("//")):
        raise CameraAddressError(_REFUSED.get(scheme[1].lower(), errors.OTHER_SCHEME))


def _refuse_doubtful_place(place: Place, *, has_login: bool) -> None:
    """Without a scheme it may also be a web camera, or a file that is not there.

    Raises:
        CameraAddressError: when it is not clear.
    """
    if place.port in _HTTP_PORTS or _HTTP_PATH.search(place.path):
        raise CameraAddressError(errors.SCHEME_UNSURE)
    is_named = place.port is not None or has_login or place.certainty > 1
    if not is_named and (place.certainty == 0 or _FILE.search(f"{place.host}{place.path}")):
        raise CameraAddressError(errors.NO_FILE)
