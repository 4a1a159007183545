"""The file of a recording, and what is not in it."""

import base64
import hashlib
from urllib.parse import quote

import pytest

from services.ingest.recording.recording import Chunk, Recording, RecordingError
from services.ingest.recording.scrub import pieces, scrubbed
from services.ingest.sources.connection_options import ConnectionOptions

USER, SECRET, HOST = "viewer", "s3cr:/@ #ü", "front-door.example"
OPTIONS = ConnectionOptions(f"rtsp://{HOST}:554/user=viewer_secretpath?token=t0ken&channel=1", USER, SECRET)


def test_a_recording_is_read_as_it_was_written() -> None:
    """With bytes of any kind."""
    recording = Recording(
        "rtsp", ("It failed.",), (Chunk(0.5, 0, "us", b"OPTIONS"), Chunk(0.75, 1, "camera", b"\0$\xff"))
    )
    assert Recording.decode(recording.encode()) == recording


@pytest.mark.parametrize(
    "text", ["", "no JSON", "{}", '{"format": "another"}', '{"format": "framecast-recording-1"}\n{}']
)
def test_what_is_no_recording_is_refused(text: str) -> None:
    """Files come from strangers."""
    with pytest.raises(RecordingError):
        Recording.decode(text)


def forms(word: str) -> set[bytes]:
    """In which a camera may repeat a word, or we send it."""
    pair = f"{USER}:{word}".encode()
    return {
        word.encode(),
        word.encode("latin-1"),
        quote(word, safe="").encode(),
        quote(quote(word, safe=""), safe="").encode(),
        base64.b64encode(pair),
        base64.b64encode(word.encode()),
        word.encode().hex().encode(),
        repr(word)[1:-1].encode(),
    }


DIGEST = hashlib.md5(b"x", usedforsecurity=False).hexdigest().encode()
HIDDEN = {
    *forms(SECRET), USER.encode(), HOST.encode(), HOST.upper().encode(), b"t0ken", b"secretpath",
    b"192.168.1.20", b"fd00:1:2:3:4:5:6:7", b"00:1A:2b:3c:4d:5e", b"other-host.example", DIGEST,
}  # fmt: skip


@pytest.mark.parametrize("cut", [1, 7, 10_000])
def test_no_login_and_no_address_is_left_in_any_form_wherever_the_bytes_were_cut(cut: int) -> None:
    """Both directions, and the words; a form may stand at the border of two chunks."""
    told = sorted(HIDDEN - {b"other-host.example"})
    said = b"RTSP/1.0 401 No\r\nX: " + b" | ".join(told) + b"\r\nLocation: rtsp://other-host.example/x\r\n\r\n"
    asked = (
        f'DESCRIBE {OPTIONS.url} RTSP/1.0\r\nAuthorization: Digest username="{USER}", response="short"\r\n\r\n'.encode()
    )
    chunks = [Chunk(at, 0, "camera", said[at : at + cut]) for at in range(0, len(said), cut)]
    chunks += [Chunk(at, 0, "us", asked[at : at + cut]) for at in range(0, len(asked), cut)]
    clean = scrubbed(Recording("rtsp", (f"It fails at {HOST} with {SECRET}.",), tuple(chunks)), OPTIONS)
    left = b"".join(chunk.data for chunk in clean.chunks) + "".join(clean.words).encode()
    assert [form for form in HIDDEN if form.lower() in left.lower()] == []
    assert b"short" not in left
    assert [len(chunk.data) for chunk in clean.chunks] == [len(chunk.data) for chunk in chunks]
    assert b"RTSP/1.0 401 No" in left


def test_pictures_stay_as_they_were() -> None:
    """A short secret may stand in one by chance, and the recording is to be played."""
    packet = b"$\0" + (300).to_bytes(2, "big") + b"\x80\x60" + b"ab" * 149
    head = b"RTSP/1.0 200 ab\r\n\r\n"
    assert list(pieces(head + packet + head)) == [(head, True), (packet, False), (head, True)]
    short = ConnectionOptions("rtsp://cam/", "ab", "ab")
    (chunk,) = scrubbed(Recording("rtsp", (), (Chunk(0, 0, "camera", head + packet),)), short).chunks
    assert chunk.data == head.replace(b"ab", b"**") + packet
