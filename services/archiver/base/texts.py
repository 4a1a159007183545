"""The sentences that the archiver shows to people: problems, and refusals over HTTP.

Those about one noun are in files of their own, `…_texts.py`.

A translation is one more file like this one. Not here: descriptions of settings and of the interface in `/docs`.
"""

from collections.abc import Sequence
from typing import Final

_NAMED: Final = 3
NO_MEMORY: Final = "out of memory"


def pictures(count: int) -> str:
    return f"{count} picture{'' if count == 1 else 's'}"


def too_many_pixels(width: int, height: int, most: int) -> str:
    return f"the picture has {width} x {height} pixels, too many to keep: PICTURE_MAX_PIXELS is {most}"


# Problems, on the status page and in /readyz.
NOT_READY: Final = "The recorder has stopped: look at the log and start the archiver again."


ENDPOINT_THREADS: Final = "Threads for requests"
THE_DATABASE: Final = "The database"
THE_STORE: Final = "The archive's directory"
LOOK_UPS: Final = "Requests for lists of pictures"
PICTURES: Final = "Requests for pictures"


def no_answer(what: str, seconds: float) -> str:
    return f"{what}: no answer for {seconds:.0f} s. The archiver can't answer requests until there is one."


def no_camera_heard(seconds: float) -> str:
    return (
        f"No camera has been heard of for {seconds:.0f} s: check that ingest runs and that BUS_CONNECT is its address."
    )


def pictures_missing(overdue: Sequence[tuple[str, float]], problem: str | None) -> str:
    """`overdue` are the names of cameras and the seconds; `problem` what is known to be wrong."""
    names = ", ".join(name for name, _ in overdue[:_NAMED]) + (" and others" if len(overdue) > _NAMED else "")
    longest = max(seconds for _, seconds in overdue)
    advice = problem or "The gaps on the timeline have the reason, and so has the archiver's log."
    return f"Nothing has been archived of {names} for {_length(longest)}, though pictures come. {advice}"


def _length(seconds: float) -> str:
    units = ((2 * 86_400, 86_400, "days"), (2 * 3600, 3600, "hours"), (120, 60, "minutes"))
    return next(
        (f"{seconds // unit:.0f} {name}" for least, unit, name in units if seconds >= least), f"{seconds:.0f} s"
    )


def database_unavailable(reason: object) -> str:
    return f"The database can't be used: {reason}. Pictures are kept, their rows follow."


def database_damaged(reason: object, file: object) -> str:
    return (
        f"{reason}. Move the file {file} away, or put a backup in its place: without it the archiver makes a new one "
        "from its pictures within a minute (the reasons of gaps and the list of deletions are in the file alone)"
    )


def not_encodable(camera_key: str, reason: object) -> str:
    return f"A picture of {camera_key} can't be made a WebP: {reason}."


def files_refused(set_aside: int, unchecked: int, last: str) -> str:
    aside = f"{set_aside} files of the archive can't be used and were set aside: their names end in .broken now. "
    left = f"{unchecked} files of the archive were left alone, because there was no memory to look at them. "
    return f"{aside if set_aside else ''}{left if unchecked else ''}The last one: {last}. The log names each."


def disk_below_floor(free_bytes: int, min_free_bytes: int) -> str:
    return (
        f"The archive's disk has {free_bytes} bytes free and ARCHIVE_MIN_FREE_BYTES keeps {min_free_bytes} of them: "
        "make room, or let old pictures go by ARCHIVE_KEEP or ARCHIVE_MAX_BYTES."
    )


def directory_fails(action: str, reason: object) -> str:
    """`action` is "read" or "written"."""
    return f"The archive directory can't be {action}: {reason}."


def link_leads_nowhere(link: object) -> str:
    return f"The link {link} in the archive leads to a place that is not there: is its disk mounted?"


NOT_READ_BACK: Final = "The picture just written can't be read back whole."

# Refusals over HTTP. To people a frame is a picture; `frame` stays in addresses and names of fields.
DATABASE_AWAY: Final = "The archive's database can't be used at the moment: try again. /readyz says why."
STORE_AWAY: Final = "The archive's pictures can't be read or written at the moment: try again. The log says why."
CAPTURED_UNLISTED: Final = "The picture is kept. It will be listed when the database is back."
NO_MEMORY_NOW: Final = "There is no memory to make this picture at the moment: try again."
TIMES_SWAPPED: Final = "'from' is later than 'to': give them the other way round."
NOTHING_TO_ZIP: Final = "There are no such pictures: /api/camera/frames/days tells of which days there are."
NO_SUCH_FRAMES: Final = "There is none of these pictures: /api/camera/frames/index lists those there are."


def unknown_camera(camera_key: str | None) -> str:
    which = "camera is" if camera_key is None else f"camera '{camera_key}' is"
    return f"No {which} known: /api/devices lists the cameras."


def no_picture(reason: object) -> str:
    return f"The camera gives no picture to keep: {reason}. Try again later."


def nothing_archived(camera_key: str | None) -> str:
    whose = "" if camera_key is None else f" of the camera '{camera_key}'"
    return f"No picture{whose} is archived yet: /api/devices lists the cameras."


def no_such_frame(frame_id: int) -> str:
    return f"There is no archived picture {frame_id}: /api/camera/frames lists those there are."


def image_gone(frame_id: int | None, path: str) -> str:
    return f"Picture {frame_id} is gone from the archive: restore the file {path}."


def image_damaged(frame_id: int | None, path: str) -> str:
    return f"Picture {frame_id} is damaged: restore the file {path} from a backup."


def too_many_in_line(most: int) -> str:
    return f"Your address has {most} requests of this kind waiting, which is the limit: try again later."


def too_many_captures(most: int) -> str:
    return f"{most} manual captures are under way, which is the limit: try again when some are done."


def captures_too_fast(most: int) -> str:
    return f"Your address has captured {most} pictures in the last minute, which is the limit: try again later."


def too_many_downloads(most: int) -> str:
    return f"{most} zip files are being downloaded, which is the limit: try again when one is done."


def too_many_downloads_of_one(most: int) -> str:
    return f"Your address is downloading {most} zip files, which is the limit: try again when one is done."


def too_many_days(most: int) -> str:
    return f"'from' and 'to' are more than {most} days apart: ask in several parts."


def too_many_to_zip(count: int, most: int) -> str:
    return f"That is {count} pictures, more than {most} for one zip file: narrow 'from' and 'to'."


# Why a camera gives no picture for a manual capture.
DISABLED: Final = "it is disabled"


def none_came(seconds: float) -> str:
    return f"none came within {seconds:.0f} s"


# Of several commands.
def database_fails(reason: object) -> str:
    return f"The archive's database can't be used: {reason}."
