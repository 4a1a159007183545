"""The sentences about the archive's disk: whether it is mounted, what room it has, who may write there, what it can do.

Like `texts.py`, of which it is a part.
"""

import shlex
from typing import Final


def inodes_below_floor(free: int, kept: int, min_free_bytes: int) -> str:
    return (
        f"The archive's disk has {free} inodes free, and ARCHIVE_MIN_FREE_BYTES of {min_free_bytes} keeps {kept} of "
        "them, the same share as of the bytes: delete small files."
    )


NO_INODES: Final = " (its disk has no free inodes, whatever room is left: delete small files)"


def belongs_to_another(place: object, owner: int, user: int, command: str, *, is_host: bool) -> str:
    on_the_host = "on the host: " if is_host else ""
    return f" ({place} belongs to user {owner}, and the archiver runs as user {user}: {on_the_host}{command})"


def make_directory(above: object, command: str) -> str:
    return f" (in {above} the archiver may not make it: {command})"


def not_permitted(place: object, command: str) -> str:
    return f" (the modes of {place} forbid it: {command})"


# Whether the archive's disk is in its place.
MARKER_WORDS: Final = (
    "This directory is a Framecast archive. Framecast writes pictures here only while this file is here: by it\n"
    "it knows that the right disk is mounted. Copy it along when you move the archive."
)
_NOTHING_WRITTEN: Final = (
    "Nothing is written until it is there: mount it, and if Framecast runs in a container, restart that."
)


def mount_point_empty(place: object, point: str) -> str:
    return f"The disk of {place} is not mounted: /etc/fstab names {point} for it. {_NOTHING_WRITTEN}"


def marker_gone(place: object, file: object, archive_id: str, new_id: str) -> str:
    return (
        f"The disk of {place} is not mounted, or it is an empty one: the file {file} is not there. {_NOTHING_WRITTEN} "
        f"If the archive shall go on here without the old disk: {_go_on(place, file, archive_id, new_id)}"
    )


def other_archive(place: object, file: object, found: str, archive_id: str | None, new_id: str) -> str:
    return (
        f"The disk of {place} is not mounted, but another archive's: {file} says {found} and not {archive_id}. "
        f"{_NOTHING_WRITTEN} If the archive shall go on here: {_go_on(place, file, archive_id, new_id)}"
    )


def linked_marker_gone(place: object, file: object, archive_id: str) -> str:
    return (
        f"The disk of {place} is not mounted, or it is an empty one: the file {file} is not there. {_NOTHING_WRITTEN} "
        f"If the folder shall go on here without the old disk: {_mark_it(place, file, archive_id)}"
    )


def other_linked_disk(place: object, file: object, found: str | None, archive_id: str) -> str:
    return (
        f"The disk of {place} is not mounted, but another archive's: {file} says {found} and not {archive_id}. "
        f"{_NOTHING_WRITTEN} If the folder shall go on here: {_mark_it(place, file, archive_id)}"
    )


def marker_expected(place: object, file: object, archive_id: str) -> str:
    return (
        f"The disk of {place} is not mounted: ARCHIVE_EXPECT_MARKER is true, and the file {file} is not there. "
        f"{_NOTHING_WRITTEN} If a new archive shall begin here: {_mark_it(place, file, archive_id)}"
    )


def no_picture_of_rows(place: object, file: object, archive_id: str) -> str:
    return (
        f"The disk of {place} is not mounted, or it is another one: none of the pictures that the database lists is "
        f"there. {_NOTHING_WRITTEN} If the archive shall go on here without them: {_mark_it(place, file, archive_id)}"
    )


def archive_not_known_yet(place: object) -> str:
    return f"Whether the disk of {place} is mounted is not known before the database answers: nothing is written yet."


def link_leads_nowhere(link: object, target: object) -> str:
    return f"The disk of {link} is not mounted: the link leads to {target}, which is not there. {_NOTHING_WRITTEN}"


def database_disk_away(file: object) -> str:
    return f"the disk of {file} is not mounted"


def _go_on(place: object, file: object, archive_id: str | None, new_id: str) -> str:
    """With an id of its own: beneath the mount point the old one may lie, where the archive once began."""
    return _mark_it(place, file, f"{new_id} replaces {archive_id}")


def _mark_it(place: object, file: object, words: str) -> str:
    return f"mkdir -p {shlex.quote(str(place))} && echo {shlex.quote(words)} > {shlex.quote(str(file))}"


# What a disk that is tried at the start can't do: "its file system can't …".
TRIES_TO_MAKE: Final = "make a directory"
TRIES_TO_WRITE: Final = "write and sync a file"
TRIES_TO_LOCK: Final = "lock a file (flock)"
TRIES_TO_NAME: Final = "name a file by a hard link, nor under a lock"
TRIES_TO_RENAME: Final = "rename a file"
TRIES_TO_DELETE: Final = "delete a file"


def disk_can_not(step: str, reason: object) -> str:
    return f"its file system can't {step}: {reason}; use another disk, or an object store (docs/archive.md)"


def database_on_network(path: object, kind: str, source: str) -> str:
    """Completes "DATABASE_URL …"."""
    return (
        f"names the SQLite file '{path}', which is on a network file system ({kind}, '{source}') but must be on a "
        "local disk: over a network SQLite's locks fail and the file gets damaged. Put it on a local disk (say, "
        "DATABASE_URL=sqlite:////var/lib/framecast/archive.db; the pictures may stay), or use PostgreSQL."
    )
