"""Cameras whose NAL units carry decoding order numbers, sent in that order or not. Each plays."""

from collections.abc import Sequence
from typing import ClassVar

import pytest

from tests.odd_cameras.camera import TICKS_PER_PICTURE, Camera, Packet, Stream, running
from tests.odd_cameras.clips import Clip, clip
from tests.odd_cameras.numbered_payloads import (
    NumberedNal,
    interleaved,
    mtap,
    numbered,
    numbered_aggregate,
    stap_b,
)
from tests.odd_cameras.watching import plays

SLICES = clip(parameters="slices=4")
H265 = clip("H265")


class NumbersItsUnits(Camera):
    """H.264, packetization-mode 2. Everything is sent in order."""

    depth: ClassVar[int] = 0
    step: ClassVar[int] = 1
    first: ClassVar[int] = 65_500

    def __init__(self, shown: Clip | None = None) -> None:
        super().__init__(shown)
        self.number = self.first

    def format_text(self) -> list[str]:
        (text,) = super().format_text()
        if self.clip.codec == "H265":
            return [f"{text};sprop-max-don-diff={self.depth + 1};sprop-depack-buf-nalus={self.depth}"]
        return [f"{text.replace('mode=1', 'mode=2')};sprop-interleaving-depth={self.depth}"]

    def counted(self, unit: Sequence[bytes]) -> list[NumberedNal]:
        """The NAL units with their numbers, in decoding order."""
        numbered_unit = [(self.number + index * self.step, nal) for index, nal in enumerate(unit)]
        self.number += len(unit) * self.step
        return numbered_unit

    def packed(self, nals: Sequence[NumberedNal]) -> list[bytes]:
        return numbered(nals) if self.clip.codec == "H265" else interleaved(nals)

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return self.packed(self.counted(unit))


class AggregatesAPictureWithItsNumbers(NumbersItsUnits):
    """In one STAP-B."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [stap_b(unit, self.counted(unit)[0][0])]


class AggregatesTwoPictures(NumbersItsUnits):
    """In one MTAP16, with a time for each NAL unit."""

    offset_bytes: ClassVar[int] = 2

    def packets(self, stream: Stream) -> list[Packet]:
        if stream.index % 2:
            return []
        nals = [(0, nal) for nal in self.unit(stream.index)]
        nals += [(TICKS_PER_PICTURE, nal) for nal in self.unit(stream.index + 1)]
        units = [(index, offset, nal) for index, (offset, nal) in enumerate(nals)]
        payload = mtap(units, self.number, self.offset_bytes)
        self.number += len(units)
        return self.numbered([Packet(payload, marker=True)], stream)


class AggregatesTwoPicturesWithLongTimes(AggregatesTwoPictures):
    """In one MTAP24."""

    offset_bytes = 3


class LeavesNumbersOut(NumbersItsUnits):
    step = 7


class LeavesNumbersOutAndMayInterleave(LeavesNumbersOut):
    depth = 2


class MayInterleaveAndDoesNot(NumbersItsUnits):
    depth = 4


class NumbersAllUnitsAlike(NumbersItsUnits):
    step = 0


class SaysThatItInterleavesAndKnowsNoNumbers(NumbersItsUnits):
    """Its packets are those of packetization-mode 1."""

    depth = 4

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return Camera.payloads(self, unit)


class SendsSlicesInAnotherOrder(NumbersItsUnits):
    """Two of a picture's slices, then the two that precede them."""

    depth = 4

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        nals = self.counted(unit)
        *head, first, second, third, fourth = nals
        return self.packed([*head, third, first, fourth, second])


class SendsPicturesInAnotherOrder(NumbersItsUnits):
    """Each second one before the one that it refers to."""

    depth = 6

    def packets(self, stream: Stream) -> list[Packet]:
        if stream.index % 2:
            return []
        made: list[list[Packet]] = []
        for later in (0, 1):
            packets = [Packet(payload) for payload in self.payloads(self.unit(stream.index + later))]
            packets[-1].marker = True
            made.append(packets)
        sent = self.numbered([*made[1], *made[0]], stream)
        for packet in made[1]:
            packet.timestamp = stream.timestamp + TICKS_PER_PICTURE
        return sent


class CountsAnew(SendsPicturesInAnotherOrder):
    """Its numbers, at a key frame."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        if len(unit) > 2 and self.number > 65_560:
            self.number = 40_000
        return super().payloads(unit)


class AggregatesItsNumberedH265Units(NumbersItsUnits):
    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [numbered_aggregate(self.counted(unit))]


CASES: list[tuple[type[Camera], Clip]] = [
    (NumbersItsUnits, clip()),
    (NumbersItsUnits, SLICES),
    (NumbersItsUnits, H265),
    (AggregatesAPictureWithItsNumbers, clip()),
    (AggregatesTwoPictures, clip()),
    (AggregatesTwoPicturesWithLongTimes, clip()),
    (LeavesNumbersOut, clip()),
    (LeavesNumbersOutAndMayInterleave, clip()),
    (LeavesNumbersOutAndMayInterleave, H265),
    (MayInterleaveAndDoesNot, clip()),
    (MayInterleaveAndDoesNot, H265),
    (NumbersAllUnitsAlike, clip()),
    (SaysThatItInterleavesAndKnowsNoNumbers, clip()),
    (SendsSlicesInAnotherOrder, SLICES),
    (SendsPicturesInAnotherOrder, clip()),
    (SendsPicturesInAnotherOrder, H265),
    (CountsAnew, clip()),
    (AggregatesItsNumberedH265Units, H265),
]


@pytest.mark.parametrize(("kind", "shown"), CASES, ids=lambda one: getattr(one, "__name__", getattr(one, "codec", "")))
def test_a_camera_plays_that(kind: type[Camera], shown: Clip) -> None:
    """Three groups of pictures, over one connection."""
    with running(kind(shown)) as camera:
        assert plays(camera.url, shown, count=20)
        assert camera.connections == 1, "it had to be connected anew"
