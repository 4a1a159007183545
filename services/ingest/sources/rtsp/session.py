"""One RTSP session: connect, ask what the camera offers, start the stream, keep the session alive, end it.

Everything runs on one asyncio loop.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from aiortsp.rtsp.errors import RTSPConnectionError, RTSPError, RTSPResponseError, RTSPTimeoutError

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.sources import (
    SourceRefusedError,
    SourceUnavailableError,
    SourceUnsupportedError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.reorder_buffer import ReorderBuffer
from services.ingest.sources.rtp.rtcp import ReceiverReports
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.connection import RtspConnection
from services.ingest.sources.rtsp.message import Message
from services.ingest.sources.rtsp.sdp_track import VideoTrack, choose_track
from services.ingest.sources.rtsp.session_errors import (
    REDIRECTS,
    REFUSALS,
    closed_error,
    connection_error,
    refusal_error,
    timeout_error,
    unreadable_error,
)
from services.ingest.sources.rtsp.udp import UdpPair
from services.ingest.sources.tls import tls_context

TEARDOWN_SECONDS: Final = 0.5
USUAL_TIMEOUT_SECONDS: Final = 60
REORDER_SECONDS: Final = 0.1
LONGEST_TIMEOUT_SECONDS: Final = 86_400
MAX_REDIRECTS: Final = 3
MAX_CHANNEL: Final = 255
MAX_PORT: Final = 65_535
_NUMBER: Final = re.compile(r"\d+", re.ASCII)
_PAIR: Final = 2
"""A stream has two channels or two ports: one for packets, one for reports."""


class Session:
    """Call `start` once and `stop` once.

    `on_track` gets the chosen stream before its first access unit, `on_unit` each access unit. `on_end` is called once,
    when no more will arrive; `failure` is set from then on.
    """

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
        tls = tls_context(options) if address.is_encrypted else None
        self._connection = RtspConnection(address, tls, self._on_connection_end, answer_seconds=options.open_seconds)
        self._asked = ""
        """The method of the last request; empty before the first."""
        self._udp: UdpPair | None = None
        self._reorder = ReorderBuffer(max_seconds=REORDER_SECONDS)
        self._reports = ReceiverReports()
        self._send_report: Callable[[bytes], None] = lambda _report: None
        self._address = address
        self._url = address.url
        self._headers: dict[str, str] = {}
        self._methods: frozenset[str] = frozenset()
        self._timeout_seconds = float(USUAL_TIMEOUT_SECONDS)
        self._keep_alive_task: asyncio.Task[None] | None = None

    @property
    def can_lose_packets(self) -> bool:
        """Over TCP nothing gets lost; gaps in the numbers are the camera's doing there."""
        return self._udp is not None

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
            async with asyncio.timeout(self._options.open_seconds):
                await self._negotiate()
        except (TimeoutError, RTSPTimeoutError) as error:
            raise timeout_error(self._asked, self._options) from error
        except RTSPResponseError as error:
            # `from None`: the response may repeat our request.
            raise refusal_error(error.response, self._options, self._asked) from None
        except RTSPConnectionError as error:
            raise self.failure or connection_error(error.__cause__, self._options) from None
        except RTSPError as error:
            raise SourceUnsupportedError(failure_reasons.NOT_UNDERSTOOD) from error
        self._keep_alive_task = self._loop.create_task(self._keep_alive())

    async def stop(self) -> None:
        """Say goodbye, if the camera still listens, and release everything. Never raises."""
        connection = self._connection
        if self._keep_alive_task is not None:
            self._keep_alive_task.cancel()
        if self._headers and self.failure is None:
            with suppress(TimeoutError, RTSPError):
                async with asyncio.timeout(TEARDOWN_SECONDS):
                    await self._request("TEARDOWN")
        if connection.running:
            connection.abort()
            await asyncio.wait([connection.result], timeout=TEARDOWN_SECONDS)
        if self._udp is not None:
            self._udp.close()
        if self._keep_alive_task is not None:
            await asyncio.wait([self._keep_alive_task])

    def fail(self, failure: SourceUnavailableError) -> None:
        """End the stream for this reason. Only the first reason counts: later ones follow from it."""
        if self.failure is None:
            self.failure = failure
            self._on_end()

    async def _negotiate(self) -> None:
        await self._connection.prepare()
        try:
            answer = await self._request("OPTIONS")
            self._methods = frozenset(word.strip().upper() for word in answer.headers.get("public", "").split(","))
        except RTSPResponseError as error:
            if error.response.status in REFUSALS:
                raise
        answer = await self._describe()
        try:
            description = answer.content
        except UnicodeDecodeError as error:
            raise SourceUnsupportedError(failure_reasons.NOT_UNDERSTOOD) from error
        self._url = answer.headers.get("content-base") or answer.headers.get("content-location") or self._url
        track = choose_track(description, self._url)
        self.assembler = Assembler(track.payload_type, track.payload_format, self._on_unit)
        self._on_track(track)
        await (self._set_up_udp if self._options.transport == "udp" else self._set_up_tcp)(track.control_url)
        await self._request("PLAY", {"Range": "npt=0.000-"})

    async def _describe(self) -> Message:
        """Follow a redirect only to the camera itself: any other host would be sent its password."""
        for _ in range(MAX_REDIRECTS):
            try:
                return await self._request("DESCRIBE", {"Accept": "application/sdp"})
            except RTSPResponseError as error:
                location = error.response.headers.get("location", "")
                if error.response.status not in REDIRECTS or not self._address.is_here(location):
                    raise
                self._url = location
        raise SourceRefusedError(failure_reasons.REDIRECTED)

    async def _set_up_tcp(self, url: str) -> None:
        self._connection.channels = {0: self.assembler.take, 1: self._on_report}
        fields = await self._set_up(url, "RTP/AVP/TCP;unicast;interleaved=0-1")
        channels = _numbers(fields.get("interleaved", "0-1"), MAX_CHANNEL)
        self._connection.channels = dict(zip(channels, (self.assembler.take, self._on_report), strict=False))
        if len(channels) == _PAIR:
            self._send_report = partial(self._connection.send_packet, channels[1])

    async def _set_up_udp(self, url: str) -> None:
        try:
            self._udp = udp = UdpPair(
                self._connection.camera_address, self._on_datagram, lambda data: self._on_report(data, 0, len(data))
            )
        except OSError as error:
            raise SourceUnavailableError(failure_reasons.NO_UDP_PORT) from error
        fields = await self._set_up(url, f"RTP/AVP;unicast;client_port={udp.port}-{udp.port + 1}")
        ports = _numbers(fields.get("server_port", ""), MAX_PORT)
        if len(ports) == _PAIR:
            udp.open_path(*ports)
            self._send_report = partial(udp.send_report, port=ports[1])

    async def _set_up(self, url: str, transport: str) -> dict[str, str]:
        """Set the stream up. Returns the fields of the camera's Transport header."""
        answer = await self._request("SETUP", {"Transport": transport}, url=url)
        session, *parameters = answer.headers.get("session", "").split(";")
        if not session:
            raise SourceUnsupportedError(failure_reasons.NOT_UNDERSTOOD)
        self._headers = {"Session": session.strip()}
        for parameter in parameters:
            name, _, value = parameter.strip().partition("=")
            if name.lower() == "timeout" and (seconds := _numbers(value, LONGEST_TIMEOUT_SECONDS)):
                self._timeout_seconds = max(float(seconds[0]), 2.0)
        pairs = (field.strip().partition("=") for field in answer.headers.get("transport", "").split(";"))
        return {name.lower(): value for name, _, value in pairs}

    async def _request(self, method: str, headers: dict[str, str] | None = None, *, url: str | None = None) -> Message:
        if not self._connection.running:
            raise RTSPConnectionError("closed")
        self._asked = method
        answer: Message = await self._connection.send_request(
            method, url or self._url, {**self._headers, **(headers or {})}
        )
        return answer

    async def _keep_alive(self) -> None:
        """Send a request twice in each time-out, after which the camera would end the session."""
        method = "GET_PARAMETER" if "GET_PARAMETER" in self._methods else "OPTIONS"
        while True:
            await asyncio.sleep(self._timeout_seconds / 2)
            try:
                await self._request(method)
            except RTSPConnectionError:
                return
            except RTSPError:
                continue  # what counts is whether pictures come

    def _on_datagram(self, packet: bytes) -> None:
        was_waiting = self._reorder.is_waiting
        self._assemble(self._reorder.put(packet, self._loop.time()))
        if self._reorder.is_waiting and not was_waiting:
            self._loop.call_later(REORDER_SECONDS, self._on_reorder_timeout)

    def _on_reorder_timeout(self) -> None:
        self._assemble(self._reorder.expire(self._loop.time()))
        if self._reorder.is_waiting:
            self._loop.call_later(REORDER_SECONDS, self._on_reorder_timeout)

    def _assemble(self, packets: list[bytes]) -> None:
        for packet in packets:
            self.assembler.take(packet, 0, len(packet))

    def _on_report(self, data: bytes | bytearray, start: int, end: int) -> None:
        now = self._loop.time()
        if self._reports.read(data[start:end], now):
            self.fail(SourceUnavailableError(failure_reasons.ENDED))
            return
        report = self._reports.report(lost=self.assembler.lost, highest_sequence=self.assembler.highest, now=now)
        if report is not None:
            self._send_report(report)

    def _on_connection_end(self, is_understood: bool) -> None:
        if is_understood:
            # Once a session is set up, the last request may be one that keeps it alive.
            self.fail(closed_error("PLAY" if self._headers else self._asked, self._options))
        elif self._headers:
            self.fail(SourceUnsupportedError(failure_reasons.GARBAGE))
        else:
            self.fail(unreadable_error(self._connection.unreadable))


def _numbers(text: str, highest: int) -> list[int]:
    """At most a pair of whole numbers in `text`; none of them if one is above `highest`."""
    found = _NUMBER.findall(text)[:_PAIR]
    # Thousands of digits are no number that Python reads.
    is_usable = all(len(digits) <= len(str(highest)) and int(digits) <= highest for digits in found)
    return [int(digits) for digits in found] if is_usable else []
