"""What `framecast export` says. A part of `texts.py`."""

from typing import Final

from services.archiver.base.texts import pictures

NO_DATABASE_FILE: Final = "there is no such file, see DATABASE_URL"
NOTHING_TO_EXPORT: Final = "There are no such pictures in the archive: check --from, --to and --camera."
EXPORT_TIMES_SWAPPED: Final = "--from is later than --to, or later than now."

EXPORT_ROWS_LOST: Final = "The rows of the export were not written: those of earlier exports stay as they were."


def export_rows_fail(reason: object) -> str:
    return f"The rows of the export can't be kept while it runs: {reason}."


def no_export_time(name: str, given: str) -> str:
    return f"{name} is '{given}' but must be a day such as 2026-11-22, or a time such as 2026-11-22T14:00."


def export_done(new: int, present: int, dest: str, rows: str) -> str:
    return f"{pictures(new)} copied to {dest}, {present} were there already. The rows of all of them are in {rows}."


def export_leaves_doubtful(count: int) -> str:
    return f"{pictures(count)} left out, because the time is in doubt: framecast clock lists them."


def export_missing(path: str) -> str:
    return f"{path}: the file is gone from the archive."


def export_damaged(path: str) -> str:
    return f"{path}: the file in the archive is damaged. It was not copied."


def export_other(path: str) -> str:
    return f"{path}: another file has this name at the target. It was left alone."


def export_incomplete(missing: int, damaged: int, other: int) -> str:
    return f"Not copied: {missing} missing, {damaged} damaged, {other} whose name is taken."


def export_target_fails(action: str, reason: object) -> str:
    return f"The target of the export can't be {action}: {reason}."


def export_target_full(reason: object) -> str:
    return f"{reason} Make room there and give the same command again: it goes on where it stopped."


def export_stopped(reason: object) -> str:
    return f"{reason} Give the same command again later: it goes on where it stopped."


def export_rows_unreadable(name: str) -> str:
    return f"{name} at the target can't be read, and would be overwritten: move it away, or choose another place."
