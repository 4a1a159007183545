"""What retention says: what it holds back, and what it deletes. A part of `texts.py`."""

from services.archiver.base.texts import pictures


def retention_waits(reason: object) -> str:
    return f"Old pictures can't be deleted now: {reason}"


def held_by_share(count: int, percent: int) -> str:
    return (
        f"{count} more pictures are due by ARCHIVE_KEEP. ARCHIVE_DELETE_PERCENT lets {percent} % of the archive go "
        "in a day; 'framecast retention --now' deletes them at once."
    )


def held_in_doubt(count: int) -> str:
    return f"{count} pictures would be due by ARCHIVE_KEEP. They stay while the clock is in doubt."


def kept_exceed_limit(camera_key: str | None, kept_bytes: int, max_bytes: int) -> str:
    of, limit = ("", f"ARCHIVE_MAX_BYTES={max_bytes}")
    if camera_key is not None:
        of, limit = f" of the camera '{camera_key}'", f"its archive_max_bytes = {max_bytes}"
    return (
        f"The pictures{of} that are marked as kept take {kept_bytes} bytes alone, more than {limit}. Nothing is "
        "deleted for that limit, because all other pictures would go and it would still be exceeded: raise it, or take "
        "the mark from some pictures."
    )


def no_archive_yet(file: object) -> str:
    return (
        f"There is no archive yet, and nothing to delete: the database {file} is made when Framecast "
        "first runs. Start it, or check DATABASE_URL and the directory in which this command runs."
    )


def deleted(count: int) -> str:
    return f"{pictures(count)} deleted."


def would_go(policy: object, count: int, byte_count: int) -> str:
    return f"ARCHIVE_KEEP={policy}: {pictures(count)} with {byte_count} bytes would go now."


def would_go_of_camera(camera_key: str, keep: object, max_bytes: int, count: int, byte_count: int) -> str:
    limit = f" and archive_max_bytes = {max_bytes}" if max_bytes else ""
    return f"{camera_key}, by {keep}{limit}: {pictures(count)} with {byte_count} bytes."


def kept_stay(count: int, byte_count: int) -> str:
    return f"{pictures(count)} with {byte_count} bytes marked as kept will stay."
