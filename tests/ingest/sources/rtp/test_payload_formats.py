"""H.264 and H.265 over RTP: recorded payloads decode to pictures, and incomplete ones never count as whole."""

from collections.abc import Iterator, Sequence

import pytest

from services.ingest.decoding.access_unit import Buffer, DamagedUnitError
from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.pending_units import PendingUnits
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.nal_units import NalFormat
from tests.ingest.sources.rtp.recorded import FORMATS, assembled, recorded

VIDEO = ("h264", "h265")


@pytest.mark.parametrize("name", VIDEO)
def test_every_recorded_unit_is_decoded_at_once(name: str) -> None:
    """Fragments and aggregates, and no picture held back for the next one."""
    units, _ = assembled(name, recorded(name))
    payload_format = FORMATS[name]()
    decoder = Decoder(payload_format.codec)
    pictures = [decoder.decode(payload_format.assemble(unit.payloads)) for unit in units]
    assert [(picture.width, picture.height) for picture in pictures if picture is not None] == [(64, 48)] * 12


@pytest.mark.parametrize("name", VIDEO)
def test_key_frames_are_known_without_decoding(name: str) -> None:
    """Decoding may begin there, and nowhere else."""
    units, _ = assembled(name, recorded(name))
    payload_format = FORMATS[name]()
    assert [index for index, unit in enumerate(units) if payload_format.head_of(unit.payloads).is_key] == [0, 6]
    sets = payload_format.head_of(units[0].payloads).parameter_sets
    assert sets.count(b"\0\0\0\1") == {"h264": 2, "h265": 3}[name]
    assert payload_format.head_of(units[1].payloads).parameter_sets == b""


@pytest.mark.parametrize("name", VIDEO)
def test_a_unit_without_one_of_its_fragments_is_no_unit(name: str) -> None:
    """Its first one. Only numbers reveal another: some cameras never set the end bit."""
    units, _ = assembled(name, recorded(name))
    fragments = [payload for payload in units[0].payloads if payload[0] & 31 == 28 or payload[0] >> 1 & 63 == 49]
    assert len(fragments) > 2
    for cut in (fragments[1:], []):
        with pytest.raises(DamagedUnitError):
            FORMATS[name]().assemble(cut)


def test_h264_pictures_of_cameras_without_idr_are_keys_too() -> None:
    """Recovery points and intra slices after an SPS. A predicted slice after an SPS is none."""
    sps, intra, predicted, recovery = b"\x67\x42\0", b"\x41\xb0\0", b"\x41\xe0\0", b"\x06\x06\x01\x84\x80"
    predicted_all, intra_all = b"\x41\x9a\0", b"\x41\x88\0"
    assert H264().head_of([recovery, predicted]).is_key
    assert [H264().head_of([sps, unit]).is_key for unit in (intra, intra_all, predicted, predicted_all)] == [
        True,
        True,
        False,
        False,
    ]
    assert not H264().head_of([intra]).is_key


def test_h265_random_access_points_are_keys() -> None:
    """IDR, CRA and BLA, and recovery points of cameras without them; trailing pictures are not."""
    recovery, other, trailing = b"\x4e\1\6\1\xd0\x80", b"\x4e\1\5\1\xd0\x80", b"\2\1\x80"
    assert [H265().head_of([message, trailing]).is_key for message in (recovery, other)] == [True, False]
    units = [bytes((kind << 1, 1, 0x80)) for kind in (19, 20, 21, 16, 0, 1)]
    assert [H265().head_of([unit]).is_key for unit in units] == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("payload_format", "delimiter", "key", "predicted"),
    [(H264(), b"\x09\xf0", b"\x65\x88\x80", b"\x41\x9a\0"), (H265(), b"\x46\1\x50", b"\x26\1\x80", b"\2\1\x80")],
)
def test_a_unit_of_a_delimiter_and_a_slice_is_not_searched(
    monkeypatch: pytest.MonkeyPatch, payload_format: NalFormat, delimiter: bytes, key: bytes, predicted: bytes
) -> None:
    """Nearly every unit of many cameras is one, and each is looked at while nobody watches. Behind a delimiter that
    holds a byte stream the search goes on."""
    assert payload_format.head_of([delimiter + b"\0\0\1" + key, predicted]).is_key
    monkeypatch.setattr(NalFormat, "heads", lambda *_: pytest.fail("searched"))
    assert [payload_format.head_of([delimiter, one]).is_key for one in (key, predicted)] == [True, False]
    assert [payload_format.head_of([one]).is_key for one in (key, predicted)] == [True, False]


def test_a_unit_is_searched_once() -> None:
    """For its parameter sets and for a place to begin."""
    units, _ = assembled("h264", recorded("h264"))
    searches = []

    class Counted(H264):
        def heads(self, payloads: Sequence[Buffer]) -> Iterator[tuple[int, Buffer]]:
            searches.append(payloads)
            return super().heads(payloads)

    PendingUnits(Counted(), b"").put(units[0])
    assert searches == [units[0].payloads]
