"""Cameras whose RTP is odd. Each plays, and is named for what it does."""

import random
import struct

import pytest

from tests.odd_cameras.camera import Camera, Link, Packet, Stream, framed, running
from tests.odd_cameras.watching import plays


class ChangesItsSenderAtKeyFrames(Camera):
    def packets(self, stream: Stream) -> list[Packet]:
        if stream.index % 6 == 0:
            stream.ssrc = random.getrandbits(32)
        return super().packets(stream)


class BeginsItsNumbersAnewAtKeyFrames(Camera):
    def packets(self, stream: Stream) -> list[Packet]:
        if stream.index % 6 == 0:
            stream.sequence = 0
        return super().packets(stream)


class BeginsItsTimeAnewAtKeyFrames(Camera):
    def packets(self, stream: Stream) -> list[Packet]:
        if stream.index % 6 == 0:
            stream.timestamp = 0
        return super().packets(stream)


class LeavesNumbersOut(Camera):
    """It counts the packets of its sound, too."""

    def packets(self, stream: Stream) -> list[Packet]:
        stream.sequence = stream.sequence + 3 & 0xFFFF
        return super().packets(stream)


class NumbersAllPacketsZero(Camera):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        numbered = super().numbered(packets, stream)
        for packet in numbered:
            packet.sequence = 0
        return numbered


class ClaimsPaddingThatIsNone(Camera):
    """On packets whose last byte can't be a padding's length."""

    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        for packet in packets:
            if not 0 < packet.payload[-1] <= len(packet.payload):
                packet.first |= 0x20
        return super().numbered(packets, stream)


class PadsItsPackets(Camera):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        for packet in packets:
            packet.first |= 0x20
            packet.payload += b"\0\0\0\4"
        return super().numbered(packets, stream)


class ExtendsItsHeaders(Camera):
    """With contributing sources, too."""

    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        for packet in packets:
            packet.first |= 0x12
            packet.extra = struct.pack("!II", 1, 2) + b"\xab\xac\0\1" + b"time"
        return super().numbered(packets, stream)


class MarksNothing(Camera):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        packets[-1].marker = False
        return super().numbered(packets, stream)


class MarksEveryPacket(Camera):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        for packet in packets:
            packet.marker = True
        return super().numbered(packets, stream)


class StandsStillInTime(Camera):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        stream.timestamp = 77
        return super().numbered(packets, stream)


class CountsItsTimeByNalUnits(Camera):
    """Each has a time stamp of its own."""

    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        numbered = super().numbered(packets, stream)
        time = stream.timestamp
        for packet in numbered:
            starts = packet.payload[0] & 31 != 28 or packet.payload[1] & 0x80
            time += 7 if starts else 0
            packet.timestamp = time
        return numbered


class SendsUnderAnotherTypeThanItSays(Camera):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        numbered = super().numbered(packets, stream)
        for packet in numbered:
            packet.payload_type = 97
        return numbered


class SendsForeignPacketsBetween(Camera):
    """Of another type and of another sender."""

    def packets(self, stream: Stream) -> list[Packet]:
        foreign = Packet(b"\1\2\3\4", payload_type=107, ssrc=0xF0E1, sequence=stream.index, timestamp=stream.index)
        return [foreign, *super().packets(stream)]


class SaysGoodbyeForAnotherSender(Camera):
    """At the end of a session that was another client's."""

    def wire(self, packet: Packet, stream: Stream) -> bytes:
        goodbye = struct.pack("!BBHI", 0x81, 203, 1, 0xD00D)
        return super().wire(packet, stream) + framed(goodbye, 1)


class PutsGarbageBetween(Camera):
    def wire(self, packet: Packet, stream: Stream) -> bytes:
        garbage = b"\0\0\r\n\r\nxyz" * 5 if stream.index % 6 == 5 and packet.marker else b""
        return super().wire(packet, stream) + garbage


class LeavesBytesOut(Camera):
    """A packet of each group is shorter than its header says."""

    def wire(self, packet: Packet, stream: Stream) -> bytes:
        whole = super().wire(packet, stream)
        return whole[:-9] if stream.index % 12 == 11 and packet.marker else whole


class SendsEmptyPackets(Camera):
    def packets(self, stream: Stream) -> list[Packet]:
        packets = super().packets(stream)
        return [*packets, *self.numbered([Packet(b"")], stream)]


class SendsPacketsOfUnknownChannels(Camera):
    def wire(self, packet: Packet, stream: Stream) -> bytes:
        foreign = Packet(b"<data>$RTSP/1.0 200 OK\r\n\r\n</data>", payload_type=107, sequence=stream.index)
        return framed(bytes(foreign), 9) + super().wire(packet, stream)


class SendsOnTheOtherChannel(Camera):
    """Reports and packets share one."""

    def wire(self, packet: Packet, stream: Stream) -> bytes:
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, stream.ssrc, 0, stream.timestamp, 1, 1)
        return framed(report, 1) + super().wire(packet, stream)


class ExtendsItsHeadersByNothing(Camera):
    """An extension of no words, and fifteen contributing sources."""

    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        for packet in packets:
            packet.first |= 0x1F
            packet.extra = bytes(60) + b"\xbe\xde\0\0"
        return super().numbered(packets, stream)


class JumpsBackInTime(Camera):
    """By half a second, within a group of pictures too."""

    def packets(self, stream: Stream) -> list[Packet]:
        if stream.index % 5 == 4:
            stream.timestamp = stream.timestamp - 45_000 & 0xFFFFFFFF
        return super().packets(stream)


class MixesInAnotherSendersVideo(Camera):
    """Of the same type, between each two of its own packets: a second session's, with numbers of its own."""

    def packets(self, stream: Stream) -> list[Packet]:
        mixed = []
        for packet in super().packets(stream):
            number = stream.extra["other"] = stream.extra.get("other", 900) + 1
            other = Packet(b"\x41\x9a\x24\x6c", ssrc=0xF0E1, sequence=number, timestamp=number * 3600 + 2**30)
            mixed += [packet, other]
        return mixed


class PutsReportsAmongItsPackets(Camera):
    """On the channel of the video."""

    def wire(self, packet: Packet, stream: Stream) -> bytes:
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, stream.ssrc, 0, stream.timestamp, 1, 1)
        return framed(report, 0) + super().wire(packet, stream)


class PutsDollarsIntoGarbage(Camera):
    """They look like the beginnings of packets of our channels."""

    def wire(self, packet: Packet, stream: Stream) -> bytes:
        garbage = b"\0x$\0\xff\xff$\1\0\4$$$\0\0" if stream.index % 6 == 5 and packet.marker else b""
        return super().wire(packet, stream) + garbage


class ReversesTheOrderOfTwoDatagrams(Camera):
    def packets(self, stream: Stream) -> list[Packet]:
        packets = super().packets(stream)
        packets[:2] = packets[1::-1]
        return packets


class SendsDatagramsTwice(Camera):
    def packets(self, stream: Stream) -> list[Packet]:
        return [packet for packet in super().packets(stream) for _ in range(2)]


@pytest.mark.parametrize("kind", [
    ChangesItsSenderAtKeyFrames, BeginsItsNumbersAnewAtKeyFrames, BeginsItsTimeAnewAtKeyFrames, LeavesNumbersOut,
    NumbersAllPacketsZero, ClaimsPaddingThatIsNone, PadsItsPackets, ExtendsItsHeaders, MarksNothing, MarksEveryPacket,
    StandsStillInTime, CountsItsTimeByNalUnits, SendsUnderAnotherTypeThanItSays, SendsForeignPacketsBetween,
    SaysGoodbyeForAnotherSender, PutsGarbageBetween, LeavesBytesOut, SendsEmptyPackets, SendsPacketsOfUnknownChannels,
    SendsOnTheOtherChannel, ExtendsItsHeadersByNothing, JumpsBackInTime, MixesInAnotherSendersVideo,
    PutsReportsAmongItsPackets, PutsDollarsIntoGarbage,
])  # fmt: skip
def test_a_camera_plays_that(kind: type[Camera]) -> None:
    """Over TCP. Three groups of pictures, so that what is odd at key frames happens."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip, count=20)
        assert camera.connections == 1, "it had to be connected anew"


@pytest.mark.parametrize("kind", [
    ChangesItsSenderAtKeyFrames, ClaimsPaddingThatIsNone, PadsItsPackets, ExtendsItsHeaders, MarksNothing,
    SendsForeignPacketsBetween, SendsEmptyPackets, ReversesTheOrderOfTwoDatagrams, SendsDatagramsTwice,
    ExtendsItsHeadersByNothing, JumpsBackInTime, MixesInAnotherSendersVideo,
])  # fmt: skip
def test_a_camera_plays_over_udp_that(kind: type[Camera]) -> None:
    """Where a gap in the numbers is a loss."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip, count=20, rtsp_transport="udp")


class LosesADatagram(Camera):
    """One of every seventh picture's."""

    def packets(self, stream: Stream) -> list[Packet]:
        packets = super().packets(stream)
        return packets if stream.index % 7 != 3 else packets[:-1]


def test_a_picture_damaged_by_a_loss_is_not_shown() -> None:
    """The next key frame is waited for."""
    with running(LosesADatagram()) as camera:
        assert plays(camera.url, camera.clip, count=20, rtsp_transport="udp")


class EndsWithGoodbye(Camera):
    """Its own, after some pictures."""

    def play(self, link: Link) -> None:
        stream = Stream()
        for stream.index in range(8):
            link.send(b"".join(self.wire(packet, stream) for packet in self.packets(stream)))
            stream.timestamp += 3600
        link.send(framed(struct.pack("!BBHI", 0x81, 203, 1, stream.ssrc), 1))


def test_a_camera_that_says_goodbye_is_asked_again() -> None:
    """Its own goodbye counts."""
    with running(EndsWithGoodbye()) as camera:
        assert plays(camera.url, camera.clip, count=12)
        assert camera.connections > 1
