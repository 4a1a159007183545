"""Scans of a JPEG are counted before anything decodes it."""

import io

from PIL import Image

from shared.jpeg_scans import MAX_SCANS, has_too_many_scans

SCAN = bytes.fromhex("ffda 0008 01 01 00 00 3f 00")


def jpeg_of(*, progressive: bool) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(file, "JPEG", quality=95, progressive=progressive)
    return file.getvalue()


def test_what_encoders_make_passes() -> None:
    """One scan, or some ten."""
    assert not has_too_many_scans(jpeg_of(progressive=False))
    assert not has_too_many_scans(jpeg_of(progressive=True))


def test_a_jpeg_of_endless_scans_is_told() -> None:
    """2,646 are legal, and took 33 s of CPU for one picture. Fill bytes before a marker hide none."""
    assert has_too_many_scans(jpeg_of(progressive=True)[:-2] + SCAN * MAX_SCANS)
    assert has_too_many_scans(jpeg_of(progressive=True)[:-2] + (b"\xff\xff" + SCAN) * MAX_SCANS)
