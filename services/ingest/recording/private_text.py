"""What in the text of an exchange tells who, where or which device, whatever the camera's settings are. Pure.

In each pattern the first group stays and the second one is hidden. What holds the exchange together (sessions, numbers
of requests and packets, formats, models and versions) is not matched, because a report needs it. Every repetition that
may be tried at many places has a limit: a camera decides what is searched.
"""

import re
from typing import Final

_NAMES: Final = (
    r"user|username|usr|login|password|passwd|pwd|pass|psw|token|key|auth|sess\w{0,20}|sid|sig\w{0,20}|secret|source|destination"
    r"|host|hostname|ip|ipaddr\w{0,20}|mac|macaddr\w{0,20}|sn|serial\w{0,20}|uid|uuid|device_?id"
)
LOGIN_ANSWER: Final = re.compile(r"(?im)^((?:proxy-)?authorization:[ \t]*\w+[ \t]+)([^\r\n]+)")
AUTHORITY: Final = re.compile(
    r"(?i)((?<![a-z0-9])[a-z][a-z0-9+.-]{1,15}(?:://|%3A%2F%2F))"
    r"((?:(?:[^/?#\s\"'<>]{0,400}@|[^/?#&\s\"'<>]{0,400}%40))?(?:(?!%2F|%3F)[^/?#\s\"'<>,;&]){1,400})"
)
IPV4_ADDRESS: Final = re.compile(r"()((?<![\d.])(?!0\.0\.0\.0(?![\d.]))(?:\d{1,3}\.){3}\d{1,3}(?![\d.]))")
_MAC_ADDRESS: Final = re.compile(
    r"()((?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}(?:(?:[:-][0-9A-Fa-f]{2}){5})|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})"
    r"(?![0-9A-Fa-f]))"
)
ANYWHERE: Final = (LOGIN_ANSWER, AUTHORITY, IPV4_ADDRESS, _MAC_ADDRESS)
"""Long enough to be looked for in bytes that are no text, such as an RTCP packet's name of its sender."""

_HEADER: Final = re.compile(
    r"(?im)^((?:host|via|forwarded|referer|origin|from|cookie|set-cookie2?|keymgmt|(?:proxy-)?authentication-info"
    r"|x-(?:forwarded|real|auth|api|device|serial|mac|uuid|uid|user|pass|token|session|client)[\w-]*)[ \t]*:[ \t]*)"
    r"([^\r\n]+)"
)
_NO_SCHEME: Final = re.compile(r"(?im)^((?:location|content-base|content-location)[ \t]*:[ \t]*//)([^/\s]+)")
_DESCRIPTION: Final = re.compile(r"(?m)^([epk]=|a=key-mgmt:\w+ )([^\r\n]+)")
_SRTP_KEY: Final = re.compile(r"(\binline:)([^\s|]+)")
_NETWORK_ADDRESS: Final = re.compile(r"(\bIN IP[46] )(?!(?:0\.0\.0\.0|::)(?:[\s/]|$))([^\s/]+)")
_IPV4_WRITTEN_OTHERWISE: Final = re.compile(
    r"(?i)()((?<!\d)\d{1,3}(?:(?:-\d{1,3}){3}|(?:_\d{1,3}){3}|(?:%2e\d{1,3}){3})(?!\d))"
)
_IPV6_ADDRESS: Final = re.compile(
    r"()((?<![\w:.])(?=[0-9A-Fa-f:]*[0-9A-Fa-f]::|::[0-9A-Fa-f]|(?:[0-9A-Fa-f]{1,4}:){7})[0-9A-Fa-f:]{3,}(?:[.%][\w.]+)?)"
)
_LOCAL_NAME: Final = re.compile(r"(?ai)()(\b[a-z0-9][\w.-]{0,200}\.(?:local|lan|home|internal|localdomain|box|arpa)\b)")
_MAIL: Final = re.compile(r"(?a)()(\b[\w.+-]{1,80}@[\w.-]{1,200}\.[a-zA-Z]{2,}\b)")
_FIELD: Final = re.compile(rf"(?i)((?<![a-z])(?:{_NAMES})=\"?)([^&\s\"'<>;,#/]+)")
_QUERY_FIELD: Final = re.compile(r"([?&][\w-]+=)([^&\s\"'<>;,#]{6,})")
_JSON_FIELD: Final = re.compile(rf"(?i)(\"\w{{0,40}}(?:{_NAMES})\w{{0,40}}\"\s{{0,9}}:\s{{0,9}}\"?)([^\"\s,}}]+)")
_XML_ELEMENT: Final = re.compile(
    rf"(?i)(<(?:\w{{1,40}}:)?\w{{0,40}}(?:{_NAMES})\w{{0,40}}(?:\s[^<>]{{0,400}})?>)([^<]+)"
)
_UUID: Final = re.compile(r"(?i)()(\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)")
_IN_TEXT: Final = (
    _HEADER, _NO_SCHEME, _DESCRIPTION, _SRTP_KEY, _NETWORK_ADDRESS, _IPV4_WRITTEN_OTHERWISE, _IPV6_ADDRESS, _LOCAL_NAME,
    _MAIL, _FIELD, _QUERY_FIELD, _JSON_FIELD, _XML_ELEMENT, _UUID,
)  # fmt: skip

ADDRESSES: Final = (AUTHORITY, IPV4_ADDRESS, _IPV6_ADDRESS, _LOCAL_NAME)

_NAMES_DEVICE: Final = re.compile(
    r"(?<=://)[^\s;]+|(?<= )/\S+|(?<=a=control:)\S+|(?<=realm=\")[^\"]+|(?<=realm=)[^\"\s,;]+"
)
"""Where a word with a few digits is a serial number or a token rather than a model."""
_DESCRIBES_DEVICE: Final = re.compile(r"(?im)^(?:server|user-agent|x-[\w-]+|[siu]=|a=(?:tool|x-[\w-]+))[:=]?[^\r\n]+")
_SHORT_SERIAL: Final = re.compile(r"()((?<![A-Za-z0-9])(?=(?:[A-Za-z]*\d){4})[A-Za-z0-9]{8,}(?![A-Za-z0-9]))")
_LONG_SERIAL: Final = re.compile(r"()((?<![A-Za-z0-9])(?=(?:[A-Za-z]*\d){6})[A-Za-z0-9]{10,}(?![A-Za-z0-9]))")
_PLAIN_MAC_ADDRESS: Final = re.compile(r"()((?<![0-9A-Za-z])[0-9A-Fa-f]{12}(?![0-9A-Za-z]))")
_TOKEN: Final = re.compile(
    r"()((?<![A-Za-z0-9])(?=(?:[a-z0-9]*[A-Z]){3})(?=(?:[A-Z0-9]*[a-z]){3})[A-Za-z0-9]{16,}(?![A-Za-z0-9]))"
)


def hidden(found: re.Match[str]) -> str:
    """The match with an asterisk for each character of its second group."""
    return found[1] + "*" * len(found[2])


def without_private_parts(text: str) -> str:
    """`text`, of the same length."""
    for pattern in _IN_TEXT:
        text = pattern.sub(hidden, text)
    text = _NAMES_DEVICE.sub(lambda place: _without(place[0], _SHORT_SERIAL, _PLAIN_MAC_ADDRESS, _TOKEN), text)
    return _DESCRIBES_DEVICE.sub(lambda place: _without(place[0], _LONG_SERIAL, _PLAIN_MAC_ADDRESS), text)


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        text = pattern.sub(hidden, text)
    return text
