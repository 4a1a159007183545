"""The first whole file under a name stays, with hard links and without."""

import errno
import os
import threading
from pathlib import Path

import pytest

from services.archiver.files.durable import write_temporary
from services.archiver.files.first_file import name_first


def whole(content: bytes) -> bool:
    return content.startswith(b"whole")


@pytest.fixture(params=[None, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EXDEV])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the file system has hard links; if not, what it says."""
    number: int | None = request.param

    def refuse(*_: object) -> None:
        assert number is not None
        raise OSError(number, os.strerror(number))

    if number is not None:
        monkeypatch.setattr("os.link", refuse)
    return number is None


def write(place: Path, content: bytes) -> bool:
    temporary = write_temporary(place.parent, ".tmp-", content)
    try:
        return name_first(temporary, place, whole, place.parent)
    finally:
        temporary.unlink(missing_ok=True)


def test_the_first_whole_file_stays_and_a_broken_one_is_replaced(tmp_path: Path, links: bool) -> None:
    """And it is told whether links did it."""
    place = tmp_path / "frame"
    assert write(place, b"broken") is links
    write(place, b"whole 1")
    write(place, b"whole 2")
    assert place.read_bytes() == b"whole 1"
    assert [file.name for file in tmp_path.iterdir()] == ["frame"]


@pytest.mark.parametrize("before", [None, b"broken"])
def test_of_many_writers_at_once_one_wins(tmp_path: Path, links: bool, before: bytes | None) -> None:
    """What one of them has read stays true."""
    del links
    place, seen = tmp_path / "frame", list[bytes]()
    if before is not None:
        place.write_bytes(before)

    def work(number: int) -> None:
        write(place, b"whole %d" % number)
        seen.append(place.read_bytes())

    writers = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert len(seen) == 16
    assert len(set(seen)) == 1


def test_a_writer_that_can_link_and_one_that_cannot_do_not_overwrite_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One user may link a file and another may not: the kernel's `protected_hardlinks`."""
    place, by_link = tmp_path / "frame", os.link
    interrupted = list[bool]()

    def refuse_and_let_the_other_go_first(*_: object) -> None:
        other = write_temporary(tmp_path, ".tmp-", b"whole by link")
        by_link(other, place)
        other.unlink()
        interrupted.append(True)
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse_and_let_the_other_go_first)
    write(place, b"whole by rename")
    assert interrupted
    assert place.read_bytes() == b"whole by link"


def test_a_rename_that_fails_leaves_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claimed name would be an empty file."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr("os.link", refuse)
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(OSError, match="not permitted"):
            write(tmp_path / "frame", b"whole")
    assert list(tmp_path.iterdir()) == []
