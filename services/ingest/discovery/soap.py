"""Writes ONVIF's requests, with the login that they have in them (WS-UsernameToken). Pure.

The few requests that are needed have no more than a token in them, so no library of WSDLs is needed
(docs/decisions/0062).
"""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2: Final = "http://www.onvif.org/ver20/media/wsdl"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_STREAM_SETUP: Final = (
    f'<StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
    f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
)


class Request(NamedTuple):
    """`service` is the namespace of the service that it is for."""

    service: str
    name: str
    inner: str = ""

    @property
    def action(self) -> str:
        return f"{self.service}/{self.name}"


CLOCK: Final = Request(DEVICE, "GetSystemDateAndTime")
FACTS: Final = Request(DEVICE, "GetDeviceInformation")
SERVICES: Final = Request(DEVICE, "GetServices", "<IncludeCapability>false</IncludeCapability>")
CAPABILITIES: Final = Request(DEVICE, "GetCapabilities", "<Category>All</Category>")


def profiles(service: str) -> Request:
    return Request(service, "GetProfiles", "<Type>VideoSource</Type><Type>VideoEncoder</Type>" * (service == MEDIA2))


def stream_address(service: str, token: str) -> Request:
    setup = "<Protocol>RTSP</Protocol>" if service == MEDIA2 else _STREAM_SETUP
    return Request(service, "GetStreamUri", f"{setup}<ProfileToken>{escape(token)}</ProfileToken>")


def picture_address(service: str, token: str) -> Request:
    return Request(service, "GetSnapshotUri", f"<ProfileToken>{escape(token)}</ProfileToken>")


def envelope(request: Request, security: str = "") -> bytes:
    body = f'<{request.name} xmlns="{request.service}">{request.inner}</{request.name}>'
    head = f"<s:Header>{security}</s:Header>" if security else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="{_ENVELOPE}">{head}<s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def user_token(username: str, password: str, at: datetime, nonce: bytes) -> str:
    """The login as a header: a digest, good once and only near `at`, which is by the camera's own clock."""
    created = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    digest = hashlib.sha1(nonce + created.encode() + password.encode()).digest()  # noqa: S324 the standard wants this
    return (
        f'<Security s:mustUnderstand="1" xmlns="{_SECURITY}"><UsernameToken>'
        f"<Username>{escape(username)}</Username>"
        f'<Password Type="{_DIGEST}">{b64encode(digest).decode()}</Password>'
        f'<Nonce EncodingType="{_BASE64}">{b64encode(nonce).decode()}</Nonce>'
        f'<Created xmlns="{_UTILITY}">{created}</Created>'
        "</UsernameToken></Security>"
    )
