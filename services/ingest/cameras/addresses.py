"""A camera's address as somebody gives it at the page: taken apart, refused where it may only be set by hand, and shown
without its secrets. Pure: it looks for no file and no name.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from services.ingest.camera_address.address import CameraAddress
from services.ingest.camera_address.errors import CameraAddressError
from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.camera_address.understand import understand
from services.ingest.cameras import texts
from services.ingest.settings import CameraSettings
from shared.url_masking import login_in_path, mask_pasted_url

MAX_ADDRESS: Final = 2048
_HIDDEN: Final = "***"
_ENCRYPTED: Final = ("rtsps", "https")
_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


class Place(NamedTuple):
    """Where a connection goes."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Destination:
    """A password, and where it goes. `is_checked`: only to a server whose certificate is good for the place."""

    place: Place
    is_checked: bool
    password: str = field(repr=False)

    def is_among(self, known: AbstractSet["Destination"]) -> bool:
        """Whether one of the `known` let no fewer servers have the password."""
        return self in known or replace(self, is_checked=False) in known

    def is_unchecked_one_of(self, known: AbstractSet["Destination"]) -> bool:
        """Whether it is one of the `known` but for the check."""
        return not self.is_checked and replace(self, is_checked=True) in known


def read_address(text: str) -> CameraAddress:
    """What `text` means.

    Raises:
        CameraAddressError: it can't be understood, or may not be set at the page.
    """
    if len(text) > MAX_ADDRESS:
        raise CameraAddressError(f"It must have at most {MAX_ADDRESS} characters.")
    if _HIDDEN in text:
        raise CameraAddressError(texts.HIDDEN_PART)
    address = understand(text)
    if address.kind == "file":
        raise CameraAddressError(texts.FILES_BY_HAND)
    if is_metadata_service(place_of(address.url).host):
        raise CameraAddressError(texts.METADATA)
    return address


def without_login(address: CameraAddress) -> str | None:
    """The address to write down where the login stands beside it; None where it would be read in another way then."""
    try:
        again = understand(address.url)
    except CameraAddressError:
        return None
    return address.url if (again.url, again.username, again.password) == (address.url, "", "") else None


def place_of(url: str) -> Place:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return Place(scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme, 0))


def shown(text: str) -> str:
    """An address for people: without login and query."""
    return mask_pasted_url(text)


def has_secret(url: str) -> bool:
    """Whether there is a login within the address, or may be."""
    try:
        address = understand(url)
    except CameraAddressError:  # the path of a file
        return False
    return bool(address.username or address.password or login_in_path(address.url))


def destinations(camera: CameraSettings) -> set[Destination]:
    """Where which password goes: of the main stream and of the small one."""
    streams = (camera.address, None if camera.small_stream is None else camera.small_stream.address)
    found = set[Destination]()
    for address in streams:
        if address is not None and address.password:
            place = place_of(address.url)
            is_checked = camera.rtsp_tls_verify and place.scheme in _ENCRYPTED
            found.add(Destination(place, is_checked, address.password))
    return found
