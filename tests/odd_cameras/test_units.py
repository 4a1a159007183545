"""Cameras whose H.264, H.265 or JPEG is odd. Each plays, and is named for what it does."""

import struct
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.odd_cameras.camera import Camera, Packet, Stream, running
from tests.odd_cameras.clips import Clip, clip, mpeg4
from tests.odd_cameras.payloads import fragments
from tests.odd_cameras.watching import plays

START = b"\0\0\0\1"


class PutsAUnitInOnePiece(Camera):
    """Parameter sets and key frame with start codes between, as if they were one unit."""

    def format_text(self) -> list[str]:
        return ["packetization-mode=1"]

    def unit(self, index: int) -> Sequence[bytes]:
        unit = super().unit(index)
        return [START.join(unit)] if len(unit) > 2 else unit


class BeginsUnitsWithAStartCode(Camera):
    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [START + nal for nal in unit]


class SendsUnknownUnits(Camera):
    """Types 24 to 31 have other meanings in RTP."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [b"\x1e\1\2\3", *super().payloads(unit), b"\x1d\0\0\0\0"]


class NeverEndsFragments(Camera):
    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        made = super().payloads(unit)
        return [one[:1] + bytes([one[1] & 0xBF]) + one[2:] if one[0] & 31 == 28 else one for one in made]


class FragmentsEverything(Camera):
    """Also what would fit, with the reserved bit set; one fragment is the first and the last."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        made = [piece for nal in unit for piece in fragments("H264", nal, 5000)]
        return [one[:1] + bytes([one[1] | 0x20]) + one[2:] for one in made]


class AggregatesItsUnits(Camera):
    """In STAP-A, with a delimiter before."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [b"\x18" + b"".join(struct.pack("!H", len(nal)) + nal for nal in (b"\x09\xf0", *unit))]


class DelimitsAndFills(Camera):
    """Delimiter, SEI, filler and end of sequence on their own."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [b"\x09\xf0", b"\x06\5\1\0\x80", *super().payloads(unit), b"\x0c\xff\xff\x80", b"\x0a"]


class EndsItsSequences(Camera):
    """After each group, behind the marker."""

    def packets(self, stream: Stream) -> list[Packet]:
        packets = super().packets(stream)
        return [*packets, *self.numbered([Packet(b"\x0a")], stream)] if stream.index % 6 == 5 else packets


class DescribesItsSetsInPart(Camera):
    """The SPS in the description, the PPS with the pictures."""

    def format_text(self) -> list[str]:
        return [super().format_text()[0].rpartition(",")[0]]

    def unit(self, index: int) -> Sequence[bytes]:
        return [nal for nal in super().unit(index) if self.clip.kind(nal) != 7]


class DescribesNothingOfItsSets(Camera):
    def format_text(self) -> list[str]:
        return []


class SendsItsSetsInTheDescriptionAlone(Camera):
    def unit(self, index: int) -> Sequence[bytes]:
        sets = self.clip.parameter_sets
        return [nal for nal in super().unit(index) if nal not in sets]


class DescribesBrokenSets(Camera):
    def format_text(self) -> list[str]:
        return ["packetization-mode=1;sprop-parameter-sets=Z0==,%%%%;profile-level-id="]


class FragmentsWithOtherTypes(Camera):
    """The fragments after the first name another type."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        made = super().payloads(unit)
        return [
            one[:2] + bytes([one[2] & 0xC0 | 1]) + one[3:] if one[0] >> 1 == 49 and not one[2] & 0x80 else one
            for one in made
        ]


class AggregatesItsH265Units(Camera):
    """In aggregation packets, with a delimiter before and an empty unit behind."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [b"\x60\1" + b"".join(struct.pack("!H", len(nal)) + nal for nal in (b"\x46\1\x50", *unit, b""))]


class FragmentsAllItsH265Units(Camera):
    """Also what would fit, with the start and the end in one fragment."""

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [piece for nal in unit for piece in fragments("H265", nal, 5000)]


class SendsSetsBeforeEachPicture(Camera):
    """Not only before key frames."""

    def unit(self, index: int) -> Sequence[bytes]:
        sets = self.clip.parameter_sets
        return [*sets, *(nal for nal in super().unit(index) if nal not in sets)]


SLICES = clip(parameters="slices=4")
H265 = clip("H265")
CASES: list[tuple[type[Camera], Clip]] = [
    (AggregatesItsH265Units, H265),
    (FragmentsAllItsH265Units, H265),
    (SendsSetsBeforeEachPicture, clip()),
    (SendsSetsBeforeEachPicture, H265),
    (PutsAUnitInOnePiece, clip()),
    (PutsAUnitInOnePiece, clip("H265")),
    (BeginsUnitsWithAStartCode, clip()),
    (SendsUnknownUnits, clip()),
    (NeverEndsFragments, clip()),
    (FragmentsEverything, clip()),
    (AggregatesItsUnits, clip()),
    (DelimitsAndFills, clip()),
    (EndsItsSequences, clip()),
    (DescribesItsSetsInPart, clip()),
    (DescribesNothingOfItsSets, clip()),
    (DescribesNothingOfItsSets, H265),
    (SendsItsSetsInTheDescriptionAlone, clip()),
    (SendsItsSetsInTheDescriptionAlone, H265),
    (DescribesBrokenSets, clip()),
    (FragmentsWithOtherTypes, H265),
    (Camera, SLICES),
]


@pytest.mark.parametrize(("kind", "shown"), CASES, ids=lambda one: getattr(one, "__name__", getattr(one, "codec", "")))
def test_a_camera_plays_that(kind: type[Camera], shown: Clip) -> None:
    """Three groups of pictures."""
    with running(kind(shown)) as camera:
        assert plays(camera.url, shown, count=20)


class MarksEachSlice(Camera):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        for packet in packets:
            packet.marker = packet.payload[0] & 31 != 28 or bool(packet.payload[1] & 0x40)
        return super().numbered(packets, stream)


class TimesEachSlice(MarksEachSlice):
    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        numbered = super().numbered(packets, stream)
        time = stream.timestamp
        for packet in numbered:
            packet.timestamp = time
            time += packet.marker
        return numbered


@pytest.mark.parametrize("kind", [MarksEachSlice, TimesEachSlice])
def test_a_picture_of_four_slices_is_whole_although_the_camera(kind: type[Camera]) -> None:
    """No part of a picture is shown as one."""
    with running(kind(SLICES)) as camera:
        assert plays(camera.url, SLICES, count=20)


VIDEO = {
    "refreshes_rows_and_has_no_key_frame_after_the_first": clip(gop=12, parameters="intra-refresh=1", count=24),
    "begins_groups_with_pictures_of_the_last": clip(gop=6, parameters="open-gop=1:bframes=2", count=24),
    "begins_h265_groups_with_pictures_of_the_last": clip("H265", gop=6, parameters="open-gop=1:bframes=2", count=24),
    "sends_pictures_in_another_order": clip(parameters="bframes=3"),
    "is_interlaced": clip(parameters="tff=1", width=160, height=128),
    "has_the_full_range": clip(pixel_format="yuvj420p"),
    "has_10_bits": clip("H265", pixel_format="yuv420p10le"),
    "has_full_colour": clip(pixel_format="yuv422p"),
    "has_10_bits_of_h264": clip(pixel_format="yuv422p10le"),
    "is_upright": clip(width=90, height=160),
    "has_an_odd_size": clip(width=154, height=86),
    "is_large": clip("H265", width=2560, height=1440, count=6),
}


@pytest.mark.parametrize("name", VIDEO)
def test_a_camera_plays_whose_video(name: str) -> None:
    """Colours included."""
    with running(Camera(VIDEO[name])) as camera:
        assert plays(camera.url, VIDEO[name])


class NeverSendsAKeyFrame(Camera):
    """It refreshes its pictures in columns, and tells where that begins. The clip's first picture is never sent."""

    def unit(self, index: int) -> Sequence[bytes]:
        return [self.told(nal) for nal in self.clip.units[1 + index % (len(self.clip.units) - 1)]]

    def told(self, nal: bytes) -> bytes:
        return nal


class TellsOfTheRefreshBehindOtherMessages(NeverSendsAKeyFrame):
    """In one unit with them: a long one, one of a long type, and one with an escaped byte."""

    def told(self, nal: bytes) -> bytes:
        header = 1 if self.clip.codec == "H264" else 2
        is_message = self.clip.kind(nal) == (6 if header == 1 else 39)
        others = b"\x05\xff\x05" + b"\x11" * 260 + b"\xff\x09\x02\1\1" + b"\x05\x12" + b"\x22" * 14 + b"\0\0\3\1\x07"
        return nal[:header] + others + nal[header:] if is_message else nal


class NeverSendsAnH265KeyFrame(NeverSendsAKeyFrame):
    """The encoder does not tell where a refresh begins, so the camera does: it takes 15 pictures."""

    def unit(self, index: int) -> Sequence[bytes]:
        nals = list(super().unit(index))
        if len(nals) > 3:
            nals.insert(3, b"\x4e\1\x06\x02\x0f\x50\x80")
        return nals


REFRESHED = clip(count=90, gop=12, parameters="intra-refresh=1")
REFRESHED_H265 = clip("H265", count=90, gop=12, parameters="intra-refresh=1")


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (NeverSendsAKeyFrame, REFRESHED),
        (TellsOfTheRefreshBehindOtherMessages, REFRESHED),
        (NeverSendsAnH265KeyFrame, REFRESHED_H265),
    ],
)
def test_a_camera_plays_from_a_recovery_point_that(kind: type[Camera], shown: Clip) -> None:
    """No picture is shown before it is refreshed as a whole."""
    with running(kind(shown)) as camera:
        assert plays(camera.url, shown, count=20)


class ChangesItsSize(Camera):
    """On the same session, at a key frame."""

    def unit(self, index: int) -> Sequence[bytes]:
        return (self.clip if index < 12 else clip(width=192, height=144)).units[index % 12]


def test_a_camera_that_changes_its_size_is_followed() -> None:
    """On the same session."""
    with running(ChangesItsSize()) as camera:
        assert plays(camera.url, clip(width=192, height=144), count=12, passes_over=clip())
        assert camera.connections == 1


class JpegCamera(Camera):
    payload_type = 26


class SizesItsJpegsInTheDescription(JpegCamera):
    """RTP says a side up to 2040 pixels."""

    def media(self) -> list[str]:
        return [*super().media(), f"a=x-dimensions:{self.clip.width},{self.clip.height}"]


class FramesItsJpegsInTheDescription(JpegCamera):
    def media(self) -> list[str]:
        return [*super().media(), f"a=framesize:26 {self.clip.width}-{self.clip.height}"]


class SendsTablesOnce(JpegCamera):
    """With the first picture; later ones have the same quality and none."""

    has_sent_tables = False

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        made = super().payloads(unit)
        made = [one[:5] + b"\xc8" + one[6:] for one in made]
        if self.has_sent_tables:
            made[0] = made[0][:8] + b"\0\0\0\0" + made[0][12 + 128 :]
        self.has_sent_tables = True
        return made


def restarting() -> Clip:
    """JPEGs with restart markers."""
    plain = clip("JPEG")
    options = [cv2.IMWRITE_JPEG_QUALITY, 85, cv2.IMWRITE_JPEG_RST_INTERVAL, 4]
    units = tuple((cv2.imencode(".jpg", one, options)[1].tobytes(),) for one in plain.pictures)
    return Clip("JPEG", plain.width, plain.height, units, plain.pictures)


WIDE = clip("JPEG", width=2560, height=64, count=4)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (JpegCamera, clip("JPEG")),
        (JpegCamera, restarting()),
        (SendsTablesOnce, clip("JPEG")),
        (SizesItsJpegsInTheDescription, WIDE),
        (FramesItsJpegsInTheDescription, WIDE),
    ],
)
def test_a_camera_that_sends_jpegs_plays(kind: type[Camera], shown: Clip) -> None:
    """By RTP's own format for them."""
    with running(kind(shown)) as camera:
        assert plays(camera.url, shown)


class SendsMpeg4(Camera):
    """The codec before H.264. FFmpeg reads it."""

    def format_lines(self) -> list[str]:
        return ["a=rtpmap:96 MP4V-ES/90000", f"a=fmtp:96 profile-level-id=1;config={mpeg4()[0].hex()}"]

    def unit(self, index: int) -> Sequence[bytes]:
        return [mpeg4()[1 + index % (len(mpeg4()) - 1)]]

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return [unit[0][at : at + 1000] for at in range(0, len(unit[0]), 1000)]


class BeginsMpeg4WithinAGroup(SendsMpeg4):
    """The first pictures refer to a key frame that nobody got."""

    def unit(self, index: int) -> Sequence[bytes]:
        return super().unit(index + 2)


@pytest.mark.parametrize("kind", [SendsMpeg4, BeginsMpeg4WithinAGroup])
def test_a_camera_that_sends_another_codec_plays_through_ffmpeg(kind: type[Camera]) -> None:
    """Our own reader has three codecs."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip)


def test_pixels_that_are_not_square_are_shown_in_their_true_shape() -> None:
    """As sub-streams of 704x576 have them, which show 16:9."""
    squeezed = clip(parameters="sar=16/11")
    pictures = tuple(np.asarray(cv2.resize(one, (232, 120)), np.uint8) for one in squeezed.pictures)
    with running(Camera(squeezed)) as camera:
        assert plays(camera.url, replace(squeezed, pictures=pictures))
