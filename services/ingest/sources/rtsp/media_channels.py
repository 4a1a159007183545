"""The ways by which a camera's streams reach us: channels of the RTSP connection, or pairs of UDP ports."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.connection_options import Transport
from services.ingest.sources.rtsp.conversation import Conversation, RefusedError
from services.ingest.sources.rtsp.demultiplexer import PacketHandler
from services.ingest.sources.rtsp.session_errors import TransportRefusedError
from services.ingest.sources.rtsp.setup_answer import USUAL_TIMEOUT_SECONDS, SetupAnswer
from services.ingest.sources.rtsp.udp import DatagramHandler, UdpPair

MAX_OTHER_STREAMS: Final = 3
_TRANSPORT_REFUSALS: Final = frozenset({406, 461})
_WRONG_URLS: Final = frozenset({400, 404, 451, 454, 459, 460})
"""Answers to an address that the camera does not know as a stream's."""


class MediaChannels:
    """Call `set_up` for the video first, then for streams whose packets are dropped; `close` once."""

    def __init__(self, conversation: Conversation, transport: Transport) -> None:
        self.send_report: Callable[[bytes], None] = lambda _report: None
        """Sends a report about the video to the camera."""
        self.timeout_seconds = float(USUAL_TIMEOUT_SECONDS)
        self._conversation = conversation
        self._transport: Transport = transport
        self._pairs: list[UdpPair] = []

    @property
    def has_more(self) -> bool:
        """Whether the last read left something behind."""
        if self._pairs:
            return any(pair.has_more for pair in self._pairs)
        return self._conversation.connection.has_more

    async def set_up(
        self, urls: Sequence[str], on_packet: PacketHandler, on_datagram: DatagramHandler, on_report: PacketHandler
    ) -> int | None:
        """Ask for the video at the first of `urls` that the camera accepts. `on_datagram` gets its packets over UDP.
        Returns the SSRC that the camera announces, if it does.

        Raises:
            TransportRefusedError: when the camera does not send this way.
            RefusedError: when it refuses for another reason.
        """
        if self._transport == "udp":
            pair = self._new_pair(on_datagram, lambda data: on_report(bytearray(data), 0, len(data)))
            answer = await self._ask(urls, f"RTP/AVP;unicast;client_port={pair.port}-{pair.port + 1}")
            if answer.server_ports and all(answer.server_ports):
                pair.open_path(*answer.server_ports)
                self.send_report = partial(pair.send_report, port=answer.server_ports[1])
            return answer.sender
        channels, sender = await self._ask_interleaved(urls, on_packet, on_report)
        self.send_report = partial(self._conversation.connection.send_packet, channels[1])
        return sender

    async def set_up_unused(self, urls: Sequence[str]) -> None:
        """Ask for a stream of which nothing is used. A refusal does not matter."""
        try:
            if self._transport == "udp":
                pair = self._new_pair(_drop_datagram, _drop_datagram)
                await self._ask(urls, f"RTP/AVP;unicast;client_port={pair.port}-{pair.port + 1}")
            else:
                await self._ask_interleaved(urls, _drop_packet, _drop_packet)
        except (RefusedError, TransportRefusedError):
            return

    def close(self) -> None:
        for pair in self._pairs:
            pair.close()

    def _new_pair(self, on_packet: DatagramHandler, on_report: DatagramHandler) -> UdpPair:
        try:
            pair = UdpPair(self._conversation.connection.camera_address, on_packet, on_report)
        except OSError as error:
            raise SourceUnavailableError("No UDP port is free for the camera's packets.") from error
        self._pairs.append(pair)
        return pair

    async def _ask_interleaved(
        self, urls: Sequence[str], *handlers: PacketHandler
    ) -> tuple[tuple[int, int], int | None]:
        """Ask for channels. The camera may choose others than those, or say so and use these.

        Returns the channels and the announced SSRC.
        """
        taken = self._conversation.channels
        first = next(channel for channel in range(0, 256, 2) if not {channel, channel + 1} & set(taken))
        asked = first, first + 1
        # Packets may arrive before the answer.
        taken.update(zip(asked, handlers, strict=True))
        answer = await self._ask(urls, f"RTP/AVP/TCP;unicast;interleaved={first}-{first + 1}")
        channels = answer.channels or asked
        taken.update(zip(channels, handlers, strict=True))
        return channels, answer.sender

    async def _ask(self, urls: Sequence[str], transport: str) -> SetupAnswer:
        refusal: RefusedError | None = None
        for url in urls:
            try:
                answer = await self._conversation.request("SETUP", url, {"Transport": transport})
            except RefusedError as error:
                if error.status in _TRANSPORT_REFUSALS:
                    raise TransportRefusedError(self._transport, error.status) from None
                if error.status not in _WRONG_URLS:
                    raise
                refusal = refusal or error
                continue
            return self._agreed(SetupAnswer.of(answer, self._transport))
        raise refusal or ValueError("no URL to ask at")

    def _agreed(self, answer: SetupAnswer) -> SetupAnswer:
        """The newest session counts: some cameras name another with each answer."""
        conversation = self._conversation
        conversation.is_bound = True
        conversation.session_id = answer.session_id or conversation.session_id
        self.timeout_seconds = answer.timeout_seconds
        if not answer.is_as_asked:
            raise TransportRefusedError(self._transport)
        return answer


def _drop_datagram(_data: bytes) -> None:
    return


def _drop_packet(_buffer: bytearray, _start: int, _end: int) -> None:
    return
