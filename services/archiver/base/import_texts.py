"""What the import of stills tells, in sentences. A translation is one more file like this."""

from datetime import datetime
from typing import Final

NO_TIME: Final = "it tells no time: name its pattern (--pattern), or add the file's own time (--time exif,name,file)"
TOO_LARGE_OR_GONE: Final = "it is larger than 64 MiB, or gone"
TOO_MANY_OF_AN_INSTANT: Final = "a thousand stills tell this very second"
WAS_DELETED: Final = "this picture was just deleted from the archive: try again later"
INTERRUPTED: Final = "it was interrupted"
FIRST_OF_TWO: Final = "clocks showed this hour twice, the first one is taken"
NEVER_SHOWN: Final = "clocks skipped this hour: is the time zone right?"


def same_as(path: str) -> str:
    return f"the same as {path}"


def there_already(path: str) -> str:
    return f"in the archive already, as {path}"


def no_believable_time(instant: datetime, source: str) -> str:
    when = "in the future" if instant.year > 1990 else "before 1990"  # noqa: PLR2004 see `Importer`
    return f"its time ({instant:%Y-%m-%d %H:%M:%S} UTC, from: {source}) is {when}: its clock was wrong"


def not_readable(reason: object) -> str:
    return f"it can't be read: {reason}"


def no_folder(folder: object) -> str:
    return f"'{folder}' is no folder that can be read."


def left_out(links: int, others: int) -> str:
    return f"{links} links are not followed, and {others} files are no JPEG, PNG or WebP by their names."


def import_stopped(reason: object) -> str:
    return (
        f"The import stopped: {str(reason).removesuffix('.')}. What is done stays; the same command goes on from there."
    )


def import_summary(done: bool, taken: int, doubles: int, refused: int) -> str:
    verb = "were taken" if done else "would be taken"
    return f"{taken} stills {verb}, {doubles} are doubles, {refused} can't be taken. The originals stay untouched."


def stretch(first: datetime, last: datetime) -> str:
    return f"They are from {first:%Y-%m-%d %H:%M:%S %Z} to {last:%Y-%m-%d %H:%M:%S %Z}."


def times_from(counts: str, zone: object) -> str:
    return f"Their times are from: {counts}. Times without an offset were read as times of {zone}."


def doubtful(twice: int, never: int) -> str:
    told = f"{twice} times were shown twice by the clocks, as they were set back: the first is taken. " if twice else ""
    return told + (f"{never} times were never shown, as clocks were set ahead: is the zone right?" if never else "")


def soon_deleted(keep: object) -> str:
    return (
        f"What is kept ({keep}, and no more bytes than are allowed) holds for them as for other pictures: old ones may "
        "be deleted within hours. `framecast retention --dry-run` shows which."
    )


DRY_RUN: Final = "Nothing was done. The same command with --go does it."
