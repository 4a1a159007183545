"""One conversation with a camera: connect, ask what there is, have it sent, keep it alive, say goodbye.

It says to `on_track` what will come, hands it to `on_unit`, and calls `on_end` once when no more will. All on one
asyncio loop.
"""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from aiortsp.rtsp.errors import RTSPConnectionError, RTSPError, RTSPResponseError, RTSPTimeoutError

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.sources import (
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnsupportedError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.connection import RtspConnection
from services.ingest.sources.rtsp.rtcp import ReceiverReports
from services.ingest.sources.rtsp.rtp import Assembler, ReorderBuffer
from services.ingest.sources.rtsp.sdp_track import VideoTrack, choose_track
from services.ingest.sources.rtsp.udp import UdpPair

OPEN_SECONDS: Final = 5.0
GOODBYE_SECONDS: Final = 0.5
USUAL_SESSION_SECONDS: Final = 60
REORDER_SECONDS: Final = 0.1
_REFUSED: Final = frozenset({401, 403})
_NOT_FOUND: Final = 404
_OUT_OF_ORDER: Final = frozenset({408, 453, 500, 502, 503, 504})
"""Answers that may be others in a while; any further refusal means that we ask for what the camera can't do."""
_ERRNO: Final = re.compile(r"\[Errno (\d+)\]")
_BY_ERRNO: Final = {
    errno.ECONNREFUSED: failure_reasons.CONNECTION_REFUSED,
    errno.ENETUNREACH: failure_reasons.NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: failure_reasons.HOST_UNREACHABLE,
}
CLOSED: Final = "The camera closed the connection."
ENDED: Final = "The camera ended its stream."
NO_TLS: Final = "The camera's address does not speak TLS as we do. Check the port, and whether it should be rtsp://."
NOT_UNDERSTOOD: Final = "The camera's RTSP can't be understood."


class Session:
    """`start` once, `stop` once. `failure` is set from when no more access units will come."""

    def __init__(
        self,
        address: RtspAddress,
        options: ConnectionOptions,
        *,
        on_track: Callable[[VideoTrack], None],
        on_unit: Callable[[AccessUnit], None],
        on_end: Callable[[], None],
    ) -> None:
        self.failure: SourceUnavailableError | None = None
        self.assembler: Assembler
        self._options = options
        self._on_track = on_track
        self._on_unit = on_unit
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        tls = self._tls() if address.is_encrypted else None
        self._connection = RtspConnection(address, tls, self._connection_ended)
        self._udp: UdpPair | None = None
        self._reorder = ReorderBuffer(max_seconds=REORDER_SECONDS)
        self._reports = ReceiverReports()
        self._send_report: Callable[[bytes], None] = lambda _report: None
        self._url = address.url
        self._headers: dict[str, str] = {}
        self._methods: frozenset[str] = frozenset()
        self._alive_seconds = float(USUAL_SESSION_SECONDS)
        self._staying: asyncio.Task[None] | None = None

    @property
    def has_more(self) -> bool:
        """Whether the last read left something behind."""
        return (self._udp or self._connection).has_more

    async def start(self) -> None:
        """Return when the camera has agreed to send.

        Raises:
            SourceUnavailableError: when it does not.
        """
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._negotiate()
        except (TimeoutError, RTSPTimeoutError) as error:
            raise SourceUnavailableError(failure_reasons.NO_ANSWER) from error
        except RTSPResponseError as error:
            raise self._refusal(error.response) from None  # it repeats what was said
        except RTSPConnectionError as error:
            raise self.failure or _connection_failure(error.__cause__) from None
        except RTSPError as error:
            raise SourceUnsupportedError(NOT_UNDERSTOOD) from error
        self._staying = self._loop.create_task(self._stay())

    async def stop(self) -> None:
        """Say goodbye, if anybody listens, and let go of everything. Never raises."""
        connection = self._connection
        if self._staying is not None:
            self._staying.cancel()
        if self._headers and self.failure is None:
            with suppress(TimeoutError, RTSPError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._ask("TEARDOWN")
        if connection.running:
            connection.abort()
            await asyncio.wait([connection.result], timeout=GOODBYE_SECONDS)
        if self._udp is not None:
            self._udp.close()
        if self._staying is not None:
            await asyncio.wait([self._staying])

    async def _negotiate(self) -> None:
        await self._connection.prepare()
        try:
            answer = await self._ask("OPTIONS")
            self._methods = frozenset(word.strip().upper() for word in answer.headers.get("public", "").split(","))
        except RTSPResponseError as error:
            if error.response.status in _REFUSED:
                raise
        answer = await self._ask("DESCRIBE", {"Accept": "application/sdp"})
        try:
            description = answer.content
        except UnicodeDecodeError as error:
            raise SourceUnsupportedError(NOT_UNDERSTOOD) from error
        self._url = answer.headers.get("content-base") or answer.headers.get("content-location") or self._url
        track = choose_track(description, self._url)
        self.assembler = Assembler(track.payload_type, track.payload_format, self._on_unit)
        self._on_track(track)
        await (self._set_up_udp if self._options.transport == "udp" else self._set_up_tcp)(track.control_url)
        await self._ask("PLAY", {"Range": "npt=0.000-"})

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._options.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SourceUnavailableError("The file of the certificate authority can't be read.") from error
        if not self._options.verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _set_up_tcp(self, url: str) -> None:
        self._connection.channels = {0: self.assembler.take, 1: self._on_report}
        fields = await self._set_up(url, "RTP/AVP/TCP;unicast;interleaved=0-1")
        channels = [int(number) for number in re.findall(r"\d+", fields.get("interleaved", "0-1"))][:2]
        self._connection.channels = dict(zip(channels, (self.assembler.take, self._on_report), strict=False))
        if len(channels) == 2:  # noqa: PLR2004 packets and reports
            self._send_report = partial(self._connection.send_binary, channels[1])

    async def _set_up_udp(self, url: str) -> None:
        camera_address = self._connection._transport.get_extra_info("peername")[0]  # noqa: SLF001 aiortsp hides it
        try:
            self._udp = udp = UdpPair(
                camera_address, self._on_datagram, lambda data: self._on_report(data, 0, len(data))
            )
        except OSError as error:
            raise SourceUnavailableError("No UDP port is free for the camera's packets.") from error
        fields = await self._set_up(url, f"RTP/AVP;unicast;client_port={udp.port}-{udp.port + 1}")
        ports = [int(number) for number in re.findall(r"\d+", fields.get("server_port", ""))]
        if len(ports) == 2:  # noqa: PLR2004 packets and reports
            udp.open_path(*ports)
            self._send_report = partial(udp.send_report, port=ports[1])

    async def _set_up(self, url: str, transport: str) -> dict[str, str]:
        """What the camera says of the transport."""
        answer = await self._ask("SETUP", {"Transport": transport}, url=url)
        session, *parameters = answer.headers.get("session", "").split(";")
        if not session:
            raise SourceUnsupportedError(NOT_UNDERSTOOD)
        self._headers = {"Session": session.strip()}
        for parameter in parameters:
            name, _, value = parameter.strip().partition("=")
            if name.lower() == "timeout" and value.strip().isdecimal():
                self._alive_seconds = max(float(value), 2.0)
        pairs = (field.strip().partition("=") for field in answer.headers.get("transport", "").split(";"))
        return {name.lower(): value for name, _, value in pairs}

    async def _ask(self, method: str, headers: dict[str, str] | None = None, *, url: str | None = None) -> Any:
        if not self._connection.running:
            raise RTSPConnectionError("closed")
        return await self._connection.send_request(method, url or self._url, {**self._headers, **(headers or {})})

    async def _stay(self) -> None:
        """Remind the camera of us twice in the time after which it would forget us."""
        method = "GET_PARAMETER" if "GET_PARAMETER" in self._methods else "OPTIONS"
        while True:
            await asyncio.sleep(self._alive_seconds / 2)
            try:
                await self._ask(method)
            except RTSPConnectionError:
                return
            except RTSPError:
                continue  # whether pictures come is what counts

    def _on_datagram(self, packet: bytes) -> None:
        was_waiting = self._reorder.is_waiting
        self._take_all(self._reorder.put(packet, self._loop.time()))
        if self._reorder.is_waiting and not was_waiting:
            self._loop.call_later(REORDER_SECONDS, self._on_reorder_timeout)

    def _on_reorder_timeout(self) -> None:
        self._take_all(self._reorder.expire(self._loop.time()))
        if self._reorder.is_waiting:
            self._loop.call_later(REORDER_SECONDS, self._on_reorder_timeout)

    def _take_all(self, packets: list[bytes]) -> None:
        for packet in packets:
            self.assembler.take(packet, 0, len(packet))

    def _on_report(self, data: bytes | bytearray, start: int, end: int) -> None:
        now = self._loop.time()
        if self._reports.hear(data[start:end], now):
            self.fail(SourceUnavailableError(ENDED))
            return
        report = self._reports.report(lost=self.assembler.lost, highest_sequence=self.assembler.highest, now=now)
        if report is not None:
            self._send_report(report)

    def _connection_ended(self, is_strange: bool) -> None:
        self.fail(SourceUnsupportedError(NOT_UNDERSTOOD) if is_strange else SourceUnavailableError(CLOSED))

    def fail(self, failure: SourceUnavailableError) -> None:
        """The first reason is the true one."""
        if self.failure is None:
            self.failure = failure
            self._on_end()

    def _refusal(self, response: Any) -> SourceUnavailableError:
        """Why the camera said no, in words that a person can act on. It might repeat what we told it."""
        if response.status in _REFUSED:
            return SourceUnauthorizedError(failure_reasons.REFUSED)
        if response.status == _NOT_FOUND:
            return SourceUnavailableError(failure_reasons.NO_STREAM)
        words = self._options.masked(response.status_msg)
        kind = SourceUnavailableError if response.status in _OUT_OF_ORDER else SourceUnsupportedError
        return kind(f"{failure_reasons.CANT_BE_OPENED} The camera says: {response.status} {words}")


def _connection_failure(cause: BaseException | None) -> SourceUnavailableError:
    if isinstance(cause, TimeoutError):
        return SourceUnavailableError(failure_reasons.NO_ANSWER)
    if isinstance(cause, socket.gaierror):
        return SourceUnavailableError(failure_reasons.UNKNOWN_HOST)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceUnavailableError(failure_reasons.UNTRUSTED)
    if isinstance(cause, ssl.SSLError):
        return SourceUnavailableError(NO_TLS)
    if isinstance(cause, OSError):
        # Where a name has several addresses, asyncio tells the errors of all in one text.
        numbers = [cause.errno, *map(int, _ERRNO.findall(str(cause)))]
        known = (words for number in numbers if (words := _BY_ERRNO.get(number or 0)))
        return SourceUnavailableError(next(known, failure_reasons.NO_ANSWER))
    return SourceUnavailableError(CLOSED)
