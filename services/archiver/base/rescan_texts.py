"""What rescans and the slow check of the archive say. A part of `texts.py`."""

from typing import Final

NEWEST_AWAY: Final = (
    "The newest pictures of the archive are not where they were: is the disk mounted, and is ARCHIVE_DIR right?"
)


def slow_check_found(count: int, last: str) -> str:
    return (
        f"{count} files of the archive are gone or not what was archived, the last one {last}: restore them from a "
        "backup, or see what framecast rescan says. The log names each."
    )


RESCAN_RUNS: Final = "A rescan runs already: wait until it is done."


def rescan_failed(reason: object) -> str:
    return f"The rescan could not be finished: {reason}"


def rebuild_done(whole: int, adopted: int, broken: int, foreign: int, unchecked: int, unreadable: int) -> str:  # noqa: PLR0913, PLR0917
    short = f"{unchecked} files were left alone for want of memory, " if unchecked else ""
    return (
        f"{whole} pictures have their rows, {adopted} of them new. {broken} broken files were set aside, {foreign} "
        f"foreign files left alone, {short}{unreadable} rows have no whole file. The log names each."
    )


def camera_findings(camera_key: str, missing: int, changed: int, unreadable: int) -> str:
    parts = (
        f"{missing} files are gone" if missing else "",
        f"{changed} are not what was archived" if changed else "",
        f"{unreadable} can't be read now" if unreadable else "",
    )
    return f"{camera_key}: {', '.join(part for part in parts if part)}."


def listed_elsewhere(camera_key: str, count: int, other: str) -> str:
    return (
        f"{count} of the missing pictures of {camera_key} are those of the camera {other} now: "
        f"framecast camera rename {camera_key} {other} joins both."
    )


def rows_dropped(camera_key: str, count: int) -> str:
    return f"{camera_key}: {count} rows of missing files were taken out, as told. Their slots are gaps now."


def put_back(count: int) -> str:
    return f"{count} of the new ones had been deleted and were put back. They are listed again; delete them if not."


def left_deleted(count: int) -> str:
    return (
        f"{count} files of deleted pictures were put back. They stay unlisted, because ARCHIVE_TAKE_BACK is false: "
        "remove the files, or set it to true."
    )


def moved_in(old: str, new: str) -> str:
    return f"The directory {new} had files named for the camera {old}. They belong to {new} now, by their names too."


RESTORE_THEM: Final = "Restore these files from a backup. The log names each."
OR_DROP_THEM: Final = "If there is none, this takes out the rows of missing files: framecast rescan --drop-missing."
ONLY_SIZES: Final = "Only the sizes were compared, no file was read."


def all_is_away(count: int) -> str:
    return (
        f"None of the {count} pictures is where it was: is the disk mounted, and is ARCHIVE_DIR right? "
        "No row is taken out."
    )


def camera_is_away(camera_key: str, count: int) -> str:
    return (
        f"None of the {count} pictures of {camera_key} is where it was, so no row of it is taken out. "
        f"If they are gone for good: framecast camera forget {camera_key}."
    )
