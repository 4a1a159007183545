"""Parameter sets are found wherever FFmpeg finds them: compared with what FFmpeg's decoders make of the same bytes."""

from contextlib import suppress

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.byte_stream import units_in
from services.ingest.decoding.sequence_sets import MAX_SETS, SequenceSets
from tests.ingest.decoding.parameter_sets import H264Set, h265_set
from tests.ingest.decoding.test_decoder import coded

ENCODERS = [("h264", "libx264"), ("hevc", "libx265")]


def prefixed(data: bytes, length_bytes: int = 4) -> bytes:
    return b"".join(len(unit).to_bytes(length_bytes, "big") + unit for unit in units_in(data))


def record(name: str, sets: list[bytes], length_bytes: int = 4) -> bytes:
    """An avcC or hvcC that lists `sets`."""
    listed = b"".join(len(unit).to_bytes(2, "big") + unit for unit in sets)
    if name == "h264":
        return bytes((1, 66, 0, 62, 0xFC | length_bytes - 1, 0xE0 | len(sets))) + listed + b"\0"
    return bytes((1,)) + bytes(20) + bytes((length_bytes - 1, 1, 33)) + len(sets).to_bytes(2, "big") + listed


def coded_size(name: str, data: bytes, extradata: bytes = b"") -> tuple[int, int]:
    """What FFmpeg's decoder calls it."""
    decoder = av.CodecContext.create(name, "r")
    assert isinstance(decoder, VideoCodecContext)
    if extradata:
        decoder.extradata = extradata
    assert len(decoder.decode(av.Packet(data))) + len(decoder.decode(None))
    return decoder.coded_width, decoder.coded_height


@pytest.mark.parametrize(("name", "encoder"), ENCODERS)
def test_sets_between_start_codes_and_behind_lengths_are_found(name: str, encoder: str) -> None:
    """A byte stream; the same in a container; and a byte stream where the container promised lengths."""
    data = coded(encoder, 320, 192)
    sizes = {coded_size(name, data)}
    assert sizes == {(320, 192)}
    assert set(SequenceSets(name).sizes(data)) == sizes
    empty = record(name, [])
    assert {coded_size(name, prefixed(data), empty)} == sizes
    assert set(SequenceSets(name, empty).sizes(prefixed(data))) == sizes
    assert set(SequenceSets(name, record(name, [], 2)).sizes(prefixed(data, 2))) == sizes
    assert set(SequenceSets(name, empty).sizes(data)) == sizes


@pytest.mark.parametrize(("name", "encoder"), ENCODERS)
def test_a_set_behind_a_start_code_within_a_unit_is_found(name: str, encoder: str) -> None:
    """FFmpeg looks for start codes there, whatever the length before the unit says."""
    data = coded(encoder, 320, 192)
    hidden = (len(data) - 4).to_bytes(4, "big") + data[4:]
    empty = record(name, [])
    assert coded_size(name, hidden, empty) == (320, 192)
    assert (320, 192) in SequenceSets(name, empty).sizes(hidden)


@pytest.mark.parametrize("name", ["h264", "hevc"])
def test_sets_in_a_record_are_found(name: str) -> None:
    """All of them, and those of a byte stream that serves as a record."""
    sets = [H264Set(20, 12).unit(), H264Set(40, 24).unit()] if name == "h264" else [h265_set(320, 192)] * 2
    found = [(320, 192), (640, 384)] if name == "h264" else [(320, 192)] * 2
    assert set(SequenceSets(name, record(name, sets)).described_sizes()) == set(found)
    assert set(SequenceSets(name, b"".join(b"\0\0\0\1" + unit for unit in sets)).described_sizes()) == set(found)


@pytest.mark.parametrize("name", ["h264", "hevc"])
@given(data=st.binary(max_size=100))
def test_a_record_of_nonsense_has_any_sizes_or_is_damaged(name: str, data: bytes) -> None:
    """Nothing else is raised, also for pieces that are taken for lengths."""
    for extradata in (data, b"\1" + data, record(name, [data])):
        with suppress(DamagedUnitError):
            SequenceSets(name, extradata).described_sizes()
        with suppress(DamagedUnitError):
            SequenceSets(name, extradata).sizes(data)


def test_more_sets_than_a_stream_may_have_are_damage() -> None:
    """Each costs time, and a picture of 16 MiB has room for a million."""
    data = b"\0\0\1" + H264Set(20, 12).unit()
    assert len(SequenceSets("h264").sizes(MAX_SETS * data)) == MAX_SETS
    with pytest.raises(DamagedUnitError, match="more than 64 parameter sets"):
        SequenceSets("h264").sizes((MAX_SETS + 1) * data)


def test_other_codecs_have_none() -> None:
    """Their decoders say themselves how large a picture is."""
    assert SequenceSets("mpeg4", b"\0\0\1\x67").described_sizes() == []
