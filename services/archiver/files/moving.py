"""Moves a file by writing it anew under its new path, for stores and places where no name can be given to a file."""

from services.archiver.files.store import FrameStore


def move_by_copy(store: FrameStore, path: str, new_path: str) -> bool:
    """Whether the file is under its new path alone. A crash in between leaves both, and the next attempt goes on.

    Raises:
        FileNotFoundError: when there is no file.
    """
    content = store.read(path)
    store.write_first(new_path, content, lambda _: True)
    if store.read(new_path) != content:
        return False
    store.delete(path)
    return True
