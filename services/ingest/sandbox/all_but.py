"""How to say "everything but these" to Landlock, whose rules can only allow.

On the way from `/` to each path that is left out, a directory is not allowed as a whole: all its entries are, one by
one, but those on the way. So what is made in such a directory later is not allowed either. Network drives are left
out there, too: to allow one is to look at it, and a camera must not wait for a drive that is away.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from services.ingest.sandbox.landlock import Identity
from services.ingest.sandbox.network_drives import network_drives


class AllBut:
    """Everything but `left_out`, which need not exist, and copies of them beside them."""

    def __init__(self, left_out: Iterable[Path]) -> None:
        self._left_out = {Path(os.path.realpath(path)) for path in left_out}
        self._on_the_way = {parent for path in self._left_out for parent in path.parents}
        self.forbidden: frozenset[Identity] = frozenset(_identities(self._left_out | self._on_the_way))
        """Never to be allowed, whatever its name: it may have another one, or a second place by a mount."""

    def paths(self) -> Iterator[str]:
        """What to allow. Some of it may be in `forbidden`."""
        drives = network_drives()
        if not self._left_out:
            yield "/"
        for directory in self._on_the_way:
            if self._left_out.isdisjoint((directory, *directory.parents)):
                yield from (path for path in self._entries(directory) if path not in drives)

    def _entries(self, directory: Path) -> Iterator[str]:
        names = tuple(path.name for path in self._left_out if path.parent == directory)
        # One that is missing has nothing to allow, and one that this user may not list has nothing to be left out.
        with suppress(OSError), os.scandir(directory) as entries:
            for entry in entries:
                if not any(_is_copy(entry.name, name) for name in names):
                    yield entry.path


def _is_copy(name: str, of: str) -> bool:
    """Whether it is the file itself, or what editors and people call a copy: `name~`, `name.bak`, `.name.swp`."""
    for shown in (name, name[1:] if name.startswith((".", "#")) else name):
        rest = shown.removeprefix(of)
        if shown.startswith(of) and not rest[:1].isalnum():
            return True
    return False


def _identities(paths: Iterable[Path]) -> Iterator[Identity]:
    for path in paths:
        with suppress(OSError):
            facts = path.stat()
            yield facts.st_dev, facts.st_ino
