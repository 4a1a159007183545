"""The multipart parser against every way in which cameras were seen to send their parts."""

import random
import tracemalloc
from itertools import pairwise

import pytest

from services.ingest.sources.http.multipart import MAX_LINE_BYTES, MAX_PICTURE_BYTES, MultipartParser
from tests.ingest.sources.http.odd_camera import jpeg, part

PICTURES = [jpeg(number, width=16 * number, height=32) for number in range(1, 6)]
TYPED = "Content-Type: image/jpeg\r\n"


def told(length: int) -> str:
    return f"{TYPED}Content-Length: {length}\r\n"


def parts(headers: str | None = TYPED, boundary: str = "--frame") -> bytes:
    return b"".join(part(picture, headers=headers, boundary=boundary) for picture in PICTURES)


STREAMS = {
    "as the standard says": parts(None),
    "without a length": parts(),
    "no boundary before the first part": parts(None).removeprefix(b"--frame\r\n"),
    "a boundary without dashes": parts(boundary="frame"),
    "a boundary with dashes doubled": parts(boundary="----frame"),
    "a boundary that looks like a header": parts(boundary="--my: boundary"),
    "an empty boundary": parts(boundary="--"),
    "a preamble": b"Welcome to\r\nthe camera\r\n\r\n" + parts(None),
    "lines that end in LF alone": parts(None).replace(b"\r\n", b"\n"),
    "two blank lines before each picture": parts("Content-Type: image/jpeg\r\n\r\n"),
    "no blank line before each picture": b"".join(b"--frame\r\nContent-Type: image/jpeg\r\n" + p for p in PICTURES),
    "no header at all": parts(""),
    "other types": b"".join(
        part(picture, headers=f"Content-Type: {kind}\r\n")
        for picture, kind in zip(
            PICTURES, ["image/jpg", "image/pjpeg", "application/octet-stream", "text/plain", "IMAGE/JPEG"], strict=True
        )
    ),
    "nothing between pictures": b"".join(PICTURES),
    "a length that counts the line's end": b"".join(part(p, headers=told(len(p) + 2)) for p in PICTURES),
    "a length that is too small": b"".join(part(p, headers=told(len(p) // 2)) for p in PICTURES),
    "a length of nothing": parts(told(0)),
    "a length that is always the same and too large": parts(told(100_000)),
    "a length that is none": parts(TYPED + "Content-Length: -7\r\n"),
    "a length with more digits than there are bytes": parts(TYPED + f"Content-Length: {'9' * 40}\r\n"),
    "a length in the first part only": part(PICTURES[0]) + b"".join(part(p, headers=TYPED) for p in PICTURES[1:]),
    "headers in any case and with spaces": parts("CONTENT-TYPE:image/jpeg\r\ncontent-length :   7 \r\n"),
    "zeros after each picture": b"".join(part(p + b"\0" * 9) for p in PICTURES),
    "other parts between": b"".join(
        part(p) + b"--frame\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n1\n2\n3\n\r\n" for p in PICTURES
    ),
    "other parts without a length between": b"".join(
        part(p) + b"--frame\r\nContent-Type: text/plain\r\n\r\nmotion: yes\r\n\r\n" for p in PICTURES
    ),
    "sound between": b"".join(
        part(p) + b"--frame\r\nContent-Type: audio/basic\r\nContent-Length: 9000\r\n\r\n" + b"\xd5\xff\n" * 3000
        for p in PICTURES
    ),
    "two pictures in each part": b"".join(
        part(one + other, headers=TYPED) for one, other in zip(PICTURES[::2], PICTURES[1::2], strict=False)
    )
    + part(PICTURES[-1]),
    "a thumbnail in each picture": b"".join(
        part(p[:2] + b"\xff\xe1" + (len(PICTURES[0]) + 2).to_bytes(2, "big") + PICTURES[0] + p[2:], headers=TYPED)
        for p in PICTURES
    ),
}


def read(stream: bytes, cuts: list[int] | None = None) -> list[bytes]:
    """What comes out when it arrives in pieces that end at `cuts`; by default byte by byte."""
    parser = MultipartParser()
    ends = list(range(len(stream) + 1)) if cuts is None else [0, *cuts, len(stream)]
    return [found for start, end in pairwise(ends) if (found := parser.feed(stream[start:end]))]


def without_thumbnail(picture: bytes) -> bytes:
    if picture[2:4] != b"\xff\xe1":
        return picture
    return picture[:2] + picture[4 + int.from_bytes(picture[4:6], "big") :]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_each_picture_of_a_stream_comes_out_once_and_whole(stream: bytes) -> None:
    """However it arrives: cut at each byte, at random places, and picture by picture."""
    found = read(stream)
    assert [without_thumbnail(picture).rstrip(b"\r\n\0") for picture in found] == PICTURES
    cutter = random.Random(7)  # noqa: S311 no secret
    for _ in range(50):
        cuts = sorted(cutter.sample(range(1, len(stream)), 40))
        parser, newest = MultipartParser(), None
        for start, end in pairwise([0, *cuts, len(stream)]):
            newest = parser.feed(stream[start:end]) or newest
        assert newest is not None
        assert without_thumbnail(newest).rstrip(b"\r\n\0") == PICTURES[-1]


@pytest.mark.parametrize("headers", [None, TYPED], ids=["with a length", "without a length"])
def test_a_picture_is_handed_on_the_moment_its_last_byte_is_there(headers: str | None) -> None:
    """Not when the next one begins, which may be a second later."""
    parser = MultipartParser()
    for picture in PICTURES:
        whole = part(picture, headers=headers).removesuffix(b"\r\n")
        assert parser.feed(whole[:-1]) is None
        assert parser.feed(whole[-1:]) == picture
        assert parser.feed(b"\r\n") is None


def test_a_length_that_turns_wrong_costs_one_picture() -> None:
    """It is believed until it is found out; then the pictures' own ends count."""
    lying = b"".join(part(picture, headers=told(len(picture) + 900)) for picture in PICTURES[1:])
    assert read(part(PICTURES[0]) + lying) == [PICTURES[0], *PICTURES[2:]]


def test_of_pictures_that_arrive_together_the_newest_is_kept() -> None:
    """Nobody is shown the past."""
    assert MultipartParser().feed(parts(None)) == PICTURES[-1]


def test_a_picture_without_an_end_marker_gets_one() -> None:
    """Its data is all there; the next part tells that it is over."""
    cut = [picture.removesuffix(b"\xff\xd9") for picture in PICTURES]
    found = read(b"".join(part(picture) for picture in cut), [])
    assert found == [PICTURES[-2]], "the last one may still go on"
    assert read(b"".join(map(part, cut))) == PICTURES[:-1]


def test_what_is_no_picture_costs_no_memory() -> None:
    """A camera may send anything for as long as it likes."""
    for junk in (b"\0" * 65536, b"a" * 65536, b"x\n" * 32768, b"\xff" * 65536):
        parser = MultipartParser()
        parser.feed(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n")
        for _ in range(50):
            assert parser.feed(junk) is None
        assert len(parser._buffer) <= MAX_LINE_BYTES
        assert parser.feed(b"\r\n" + parts(None)) == PICTURES[-1]


def test_a_picture_without_end_is_given_up_and_the_next_one_is_found() -> None:
    """No buffer grows with what a camera sends."""
    parser = MultipartParser()
    endless = PICTURES[0].removesuffix(b"\xff\xd9")
    tracemalloc.start()
    parser.feed(b"--frame\r\n\r\n" + endless)
    for _ in range(MAX_PICTURE_BYTES // 65536 + 1):
        parser.feed(b"\x55" * 65536)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert parser.dropped == "a JPEG that is too large"
    assert peak < 3 * MAX_PICTURE_BYTES
    assert parser.feed(b"\r\n" + part(PICTURES[1])) == PICTURES[1]
    assert parser.dropped is None


def test_a_skipped_part_of_any_length_is_not_kept() -> None:
    """Its length is believed only as far as it saves a look at its bytes."""
    parser = MultipartParser()
    assert parser.feed(part(PICTURES[0])) == PICTURES[0]
    parser.feed(b"--frame\r\nContent-Length: 50000000\r\n\r\n")
    for _ in range(500):
        parser.feed(b"\0" * 100_000)
        assert len(parser._buffer) < MAX_LINE_BYTES
    assert parser.feed(b"\r\n" + part(PICTURES[1])) == PICTURES[1]


def test_random_bytes_never_raise() -> None:
    """A camera's process does not end by what a camera says."""
    fuzzer = random.Random(11)  # noqa: S311 no secret
    stream = STREAMS["other parts between"]
    for _ in range(300):
        mutated = bytearray(stream)
        for _ in range(fuzzer.randint(1, 40)):
            mutated[fuzzer.randrange(len(mutated))] = fuzzer.randrange(256)
        parser = MultipartParser()
        for start in range(0, len(mutated), 777):
            parser.feed(bytes(mutated[start : start + 777]))
        parser.feed(b"\r\n" * 2 + b"\xff\xd9" + b"\r\n--frame\r\n\r\n" + PICTURES[1])
        assert len(parser._buffer) <= len(stream) + MAX_LINE_BYTES
