"""One RTSP session: connect, ask what the camera offers, start the stream, keep the session alive, end it.

Everything runs on one asyncio loop.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.sources import SourceRefusedError, SourceUnavailableError, SourceUnsupportedError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.packet import HEADER_BYTES
from services.ingest.sources.rtp.reorder_buffer import ReorderBuffer
from services.ingest.sources.rtp.rtcp import ReceiverReports
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.connection import ConnectionEndedError
from services.ingest.sources.rtsp.control_urls import base_url, session_urls, stream_urls
from services.ingest.sources.rtsp.conversation import Conversation, RefusedError
from services.ingest.sources.rtsp.delivery import Delivery
from services.ingest.sources.rtsp.keep_alive import keep_alive
from services.ingest.sources.rtsp.media_channels import MAX_OTHER_STREAMS, MediaChannels
from services.ingest.sources.rtsp.message import Message
from services.ingest.sources.rtsp.sdp_track import VideoTrack, choose_track
from services.ingest.sources.rtsp.session_errors import (
    REDIRECTS,
    SilentCameraError,
    connection_error,
    refusal_error,
    timeout_error,
    unreadable_error,
)
from services.ingest.sources.tls import tls_context

TEARDOWN_SECONDS: Final = 0.5
PLAY_SECONDS: Final = 1.0
"""A camera that sends packets for so long has agreed to send, although it does not say so."""
REORDER_SECONDS: Final = 0.1
GOODBYE_SECONDS: Final = 0.5
MAX_REDIRECTS: Final = 3
_FROM_START: Final = {"Range": "npt=0.000-"}
_NOT_ACCEPTABLE: Final = frozenset({400, 406, 415})
_ODD_PLAY: Final = frozenset({400, 404, 451, 455, 456, 457, 459, 460, 501, 551})
"""Answers to PLAY that complain of its address or its range. Each camera has its own idea of both."""


class Session:
    """Call `start` once and `stop` once.

    `on_track` gets the chosen stream before its first access unit, `on_unit` each access unit. `on_clock` gets the
    camera's wall time in seconds and the time stamp that it says belongs to it. `on_end` is called once,
    when no more will arrive; `failure` is set from then on. `upsets` counts how often there was garbage amid packets.
    """

    def __init__(  # noqa: PLR0913 three of them are the ways back
        self,
        address: RtspAddress,
        options: ConnectionOptions,
        delivery: Delivery,
        *,
        on_track: Callable[[VideoTrack], None],
        on_unit: Callable[[AccessUnit], None],
        on_clock: Callable[[float, int], None],
        on_end: Callable[[], None],
    ) -> None:
        self.failure: SourceUnavailableError | None = None
        self.assembler: Assembler
        self.has_other_streams = False
        self.upsets = 0
        self._options = options
        self._delivery = delivery
        self._on_track = on_track
        self._on_unit = on_unit
        self._on_clock = on_clock
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        tls = tls_context(options) if address.is_encrypted else None
        self._conversation = Conversation(address, tls, self._on_connection_end, self._on_garbage)
        self._media = MediaChannels(self._conversation, delivery.transport)
        self._reorder = ReorderBuffer(max_seconds=REORDER_SECONDS)
        self._reports = ReceiverReports()
        self._address = address
        self._url = address.url
        self._methods: frozenset[str] = frozenset()
        self._is_playing = False
        self._keep_alive_task: asyncio.Task[None] | None = None

    @property
    def has_more(self) -> bool:
        """Whether the last read left something behind."""
        return self._media.has_more

    async def start(self) -> None:
        """Return when the camera has agreed to send.

        Raises:
            SourceUnavailableError: when it does not.
        """
        try:
            async with asyncio.timeout(self._options.open_seconds):
                await self._negotiate()
        except TimeoutError as error:
            if self._conversation.is_garbled:
                raise SourceUnsupportedError(failure_reasons.NOT_UNDERSTOOD) from error
            raise timeout_error(self._conversation.asked, self._options) from error
        except RefusedError as error:
            # `from None`: the answer may repeat our request.
            raise refusal_error(error.answer, self._options, self._conversation.asked) from None
        except ConnectionEndedError as error:
            raise self.failure or connection_error(error.__cause__, self._options, self._conversation.asked) from None
        self._keep_alive_task = self._loop.create_task(
            keep_alive(self._conversation, self._url, self._methods, self._media.timeout_seconds)
        )

    async def stop(self) -> None:
        """Say goodbye, if the camera still listens, and release everything. Never raises."""
        if self._keep_alive_task is not None:
            self._keep_alive_task.cancel()
            await asyncio.wait([self._keep_alive_task])
        # A camera that serves one viewer at a time would refuse our next session.
        if self._conversation.is_bound and (self.failure is None or isinstance(self.failure, SilentCameraError)):
            with suppress(TimeoutError, RefusedError, ConnectionEndedError):
                async with asyncio.timeout(TEARDOWN_SECONDS):
                    await self._conversation.request("TEARDOWN", self._url)
        await self._conversation.connection.close(TEARDOWN_SECONDS)
        self._media.close()

    def fail(self, failure: SourceUnavailableError) -> None:
        """End the stream for this reason. Only the first reason counts: later ones follow from it."""
        if self.failure is None:
            self.failure = failure
            self._on_end()

    async def _negotiate(self) -> None:
        """Follow redirects, a few times, and only to the camera itself."""
        await self._conversation.connect()
        await self._ask_methods()
        for _ in range(MAX_REDIRECTS + 1):
            try:
                await self._start_stream()
            except RefusedError as error:
                if error.status not in REDIRECTS:
                    raise
                camera_address = self._conversation.connection.camera_address
                location = self._address.redirected(error.answer.headers.get("location", ""), camera_address)
                if location is None:
                    raise
                self._url = location
                self._conversation.session_id = ""
            else:
                return
        raise SourceRefusedError(failure_reasons.REDIRECTED)

    async def _ask_methods(self) -> None:
        """A camera that answers nothing of use may still describe itself."""
        try:
            answer = await self._conversation.request("OPTIONS", self._url)
        except RefusedError as error:
            if error.are_credentials_refused or not error.answer.is_rtsp:
                raise
            return
        self._methods = frozenset(word.strip().upper() for word in answer.headers.get("public", "").split(","))

    async def _start_stream(self) -> None:
        answer = await self._describe()
        requested = self._url
        base = base_url(answer.headers.get("content-base") or answer.headers.get("content-location", ""), requested)
        track = choose_track(answer.text)
        self.has_other_streams = bool(track.other_controls)
        self.assembler = Assembler(
            track.payload_type,
            track.payload_format,
            self._on_unit,
            is_lossless=self._delivery.transport != "udp",
        )
        self._on_track(track)
        urls = stream_urls(base, requested, track.session_control, track.control)
        sender = await self._media.set_up(urls, self.assembler.take, self._on_datagram, self._on_report)
        self.assembler.promise_sender(sender)
        if self._delivery.with_all_streams:
            for control in track.other_controls[:MAX_OTHER_STREAMS]:
                await self._media.set_up_unused(stream_urls(base, requested, track.session_control, control))
        self._is_playing = True
        await self._play([*session_urls(base, requested, track.session_control), *urls[:1]])

    async def _describe(self) -> Message:
        try:
            return await self._conversation.request("DESCRIBE", self._url, {"Accept": "application/sdp"})
        except RefusedError as error:
            if error.status not in _NOT_ACCEPTABLE:
                raise
        return await self._conversation.request("DESCRIBE", self._url)

    async def _play(self, urls: Sequence[str]) -> None:
        """Start the stream at the first of `urls` that the camera accepts; later requests go there too."""
        refusal: RefusedError | None = None
        ways = [(urls[0], _FROM_START), *((url, {}) for url in dict.fromkeys(urls))]
        for url, headers in ways:
            self._url = url
            try:
                await self._ask_to_play(url, headers)
            except RefusedError as error:
                refusal = refusal or error
                if error.status not in _ODD_PLAY:
                    break
            else:
                return
        self._url = urls[0]
        raise refusal or ValueError("no URL to ask at")

    async def _ask_to_play(self, url: str, headers: dict[str, str]) -> None:
        """A camera may send without having answered."""
        answer = self._loop.create_task(self._conversation.request("PLAY", url, headers))
        try:
            while not (await asyncio.wait([answer], timeout=PLAY_SECONDS))[0]:
                if self.assembler.byte_count:
                    return
            await answer
        finally:
            answer.cancel()

    def _on_datagram(self, packet: bytes) -> None:
        if len(packet) >= HEADER_BYTES and not self.assembler.is_own(packet):
            self.assembler.take(packet, 0, len(packet))  # numbers that are not ours would upset the order of ours
            return
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

    def _on_report(self, data: bytearray, start: int, end: int) -> None:
        now = self._loop.time()
        if self._reports.read(data[start:end], now, self.assembler.sender):
            self._loop.call_later(GOODBYE_SECONDS, self._end_if_silent, self.assembler.byte_count)
            return
        if self._reports.sender_clock is not None:
            self._on_clock(*self._reports.sender_clock)
        report = self._reports.report(lost=self.assembler.lost, highest_sequence=self.assembler.highest, now=now)
        if report is not None:
            self._media.send_report(report)

    def _on_garbage(self) -> None:
        if self._is_playing:
            self.upsets += 1
            self.assembler.cut()

    def _end_if_silent(self, byte_count: int) -> None:
        """A camera also says goodbye for an SSRC that it changes. Then it sends on."""
        if self.assembler.byte_count == byte_count:
            self.fail(SourceUnavailableError(failure_reasons.ENDED))

    def _on_connection_end(self, is_understood: bool) -> None:
        if is_understood:  # only the end of a session that is set up is told
            self.fail(SourceUnavailableError(failure_reasons.CLOSED))
        elif self._is_playing:
            self.fail(SourceUnsupportedError(failure_reasons.GARBAGE))
        else:
            self.fail(unreadable_error(self._conversation.connection.demultiplexer.unreadable))
