"""What a camera's answer to SETUP says of the session and of the stream's way to us. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Self

from services.ingest.sources.connection_options import Transport
from services.ingest.sources.rtsp.message import Message

USUAL_TIMEOUT_SECONDS: Final = 60
LONGEST_TIMEOUT_SECONDS: Final = 86_400
SHORTEST_TIMEOUT_SECONDS: Final = 2
MAX_CHANNEL: Final = 255
MAX_PORT: Final = 65_535
_PAIR: Final = 2
"""A stream has two channels or two ports: one for packets, one for reports."""
_NUMBER: Final = re.compile(r"\d+", re.ASCII)
_SENDER: Final = re.compile(r"[0-9A-Fa-f]{1,8}")
_SESSION_ID: Final = re.compile(r"[!-+\--:<-~]{1,256}")
_TIMEOUT: Final = re.compile(r"timeout\s*=\s*\"?(\d{1,9})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class SetupAnswer:
    """`channels` and `server_ports` are pairs; None where the camera names none. `is_as_asked` says whether the camera
    agreed to the transport that was asked for, rather than to the other one."""

    session_id: str
    timeout_seconds: float
    is_as_asked: bool
    channels: tuple[int, int] | None
    server_ports: tuple[int, int] | None
    sender: int | None
    """The SSRC that the camera announces."""

    @classmethod
    def of(cls, answer: Message, transport: Transport) -> Self:
        """What `answer` says of `transport`, which was asked for."""
        session = answer.headers.get("session", "")
        identifier = _SESSION_ID.match(session)
        timeout = _TIMEOUT.search(session)
        offers = [_Offer(*offer) for offer in _offers(answer.headers.get("transport", ""))]
        offer = next((one for one in offers if one.is_over(transport)), None)
        return cls(
            session_id=identifier[0] if identifier else "",
            timeout_seconds=_timeout_seconds(int(timeout[1]) if timeout else 0),
            is_as_asked=offer is not None or not offers,
            channels=_pair(offer.fields.get("interleaved", ""), MAX_CHANNEL) if offer else None,
            server_ports=_pair(offer.fields.get("server_port", ""), MAX_PORT) if offer else None,
            sender=_sender(offer.fields.get("ssrc", "")) if offer else None,
        )


@dataclass(frozen=True, slots=True)
class _Offer:
    """One transport of the camera's. `protocol` is in upper case."""

    protocol: str
    fields: dict[str, str]

    def is_over(self, transport: Transport) -> bool:
        if transport == "tcp":
            return "interleaved" in self.fields or self.protocol.endswith("/TCP")
        return "server_port" in self.fields or not ("interleaved" in self.fields or self.protocol.endswith("/TCP"))


def _sender(digits: str) -> int | None:
    return int(digits, 16) if _SENDER.fullmatch(digits) else None


def _timeout_seconds(said: int) -> float:
    """Some cameras say 0, which can't be meant."""
    if not said:
        return float(USUAL_TIMEOUT_SECONDS)
    return float(min(max(said, SHORTEST_TIMEOUT_SECONDS), LONGEST_TIMEOUT_SECONDS))


def _offers(header: str) -> list[tuple[str, dict[str, str]]]:
    """The transports in `header`. A comma stands between two of them; it may also be a slip for a semicolon."""
    offers: list[tuple[str, dict[str, str]]] = []
    for word in filter(None, (part.strip() for part in re.split("[;,]", header))):
        if word.upper().startswith("RTP/") or not offers:
            offers.append((word.upper(), {}))
        name, _, value = word.partition("=")
        offers[-1][1].setdefault(name.strip().lower(), value.strip())
    return offers


def _pair(text: str, highest: int) -> tuple[int, int] | None:
    """The two numbers in `text`, or the one and the next; None if there is none, or one that is not possible."""
    found = _NUMBER.findall(text)[:_PAIR]
    # Thousands of digits are no number that Python reads.
    if not found or any(len(digits) > len(str(highest)) for digits in found):
        return None
    first, second = int(found[0]), int(found[-1]) if len(found) == _PAIR else int(found[0]) + 1
    return (first, second) if max(first, second) <= highest else None
