"""What storing a frame costs: how often its file is decoded, and that each decoding waits for memory."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from services.archiver.files.frame_files import FileRecord, FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName, thumbnail_path_of
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.files.webp import LabelledPicture, read_webp, webp_bytes_needed
from tests.archiver.support import SLOT_START, noise, webp_of

NAME = FrameName("camera_1", SLOT_START)


class CountedMemory(PictureMemory):
    """Remembers how much was taken each time."""

    def __init__(self) -> None:
        super().__init__()
        self.took: list[int] = []

    def take(self, byte_count: int) -> int:
        self.took.append(byte_count)
        return super().take(byte_count)


@pytest.fixture
def memory() -> CountedMemory:
    return CountedMemory()


@pytest.fixture
def files(tmp_path: Path, memory: CountedMemory) -> FrameFiles:
    return FrameFiles(LocalStore(tmp_path), memory=memory)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that were decoded."""
    found: list[bytes] = []

    def read_and_count(webp: bytes, max_pixels: int) -> LabelledPicture:
        found.append(webp)
        return read_webp(webp, max_pixels)

    monkeypatch.setattr("services.archiver.files.frame_files.read_webp", read_and_count)
    return found


def test_a_new_frame_is_decoded_once(files: FrameFiles, memory: CountedMemory, decoded: list[bytes]) -> None:
    """As it is stored: so its row says what is really there, whichever archiver describes it."""
    webp = webp_of(noise(320, 240))
    files.save(NAME, webp)
    assert decoded == [webp]
    assert memory.took == [webp_bytes_needed(webp)]


def test_a_frame_that_another_archiver_stored_first_is_decoded_once(files: FrameFiles, decoded: list[bytes]) -> None:
    """That it is whole, and what it shows, is seen in one go."""
    first, second = webp_of(noise(320, 240)), webp_of(noise(160, 120))
    files.save(NAME, first)
    decoded.clear()
    assert files.save(NAME, second).width == 320
    assert decoded == [first]


def test_a_file_that_was_cut_is_replaced_and_only_the_new_one_is_decoded(
    files: FrameFiles, decoded: list[bytes]
) -> None:
    """The header of the old one says how long it should be."""
    cut, webp = webp_of(noise(320, 240))[:-500], webp_of(noise(160, 120))
    files.store.write(NAME.path, cut)
    assert files.save(NAME, webp).width == 160
    assert decoded == [webp]


@pytest.mark.parametrize("ask", [FrameFiles.thumbnail, FrameFiles.thumbnail_picture])
def test_a_thumbnail_waits_for_memory_too(
    ask: Callable[[FrameFiles, FileRecord], object], files: FrameFiles, memory: CountedMemory
) -> None:
    """A file in its place may be a large one."""
    stored = files.save(NAME, webp_of(noise(320, 240)))
    record = Record(NAME.path, stored.byte_count, stored.sha256)
    thumbnail = files.store.read(thumbnail_path_of(NAME.path))
    memory.took.clear()
    ask(files, record)
    assert memory.took == [webp_bytes_needed(thumbnail)]


def test_a_thumbnail_that_is_gone_is_made_again(files: FrameFiles) -> None:
    """And decoded as RGB."""
    stored = files.save(NAME, webp_of(noise(320, 240)))
    files.store.delete(thumbnail_path_of(NAME.path))
    picture = files.thumbnail_picture(Record(NAME.path, stored.byte_count, stored.sha256))
    assert isinstance(picture, Image.Image)
    assert (picture.mode, picture.size) == ("RGB", (320, 240))
    assert files.store.read(thumbnail_path_of(NAME.path))


class Record:
    """A row, as far as files go."""

    def __init__(self, path: str, byte_count: int, sha256: str) -> None:
        self.path, self.bytes, self.sha256 = path, byte_count, sha256
