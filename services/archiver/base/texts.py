"""The sentences that the archiver shows to people: problems, refusals over HTTP and reports of its commands.

A translation is one more file like this one. Not here: descriptions of settings and of the interface in `/docs`.
"""

from collections.abc import Sequence
from typing import Final

_NAMED: Final = 3
NO_MEMORY: Final = "out of memory"


def too_many_pixels(width: int, height: int, most: int) -> str:
    return f"the picture has {width} x {height} pixels, too many to keep: PICTURE_MAX_PIXELS is {most}"


# Problems, on the status page and in /readyz.
NOT_READY: Final = "The recorder has stopped: look at the log and start the archiver again."


ENDPOINT_THREADS: Final = "Threads for requests"
THE_DATABASE: Final = "The database"
THE_STORE: Final = "The archive's directory"
LOOK_UPS: Final = "Requests for frames"
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


def retention_waits(reason: object) -> str:
    return f"Old frames can't be deleted now: {reason}"


def held_by_share(count: int, percent: int) -> str:
    return (
        f"{count} more frames are due by ARCHIVE_KEEP. ARCHIVE_DELETE_PERCENT lets {percent} % of the archive go in a "
        "day; 'framecast retention --now' deletes them at once."
    )


def held_in_doubt(count: int) -> str:
    return f"{count} frames would be due by ARCHIVE_KEEP. They stay while the clock is in doubt."


_DOUBTS: Final = {
    "not judged": "the database has not been read yet",
    "before release": "it is set to a time before there was this program",
    "early": "it is {} behind the newest frame of the archive",
    "late": "it is {} ahead of the newest frame of the archive",
    "step": "it was set {} {} while the computer ran",
    "contradicted": "it is {} {} of {}",
}


def doubt(kind: str, seconds: float, witness: str) -> str:
    """Why the clock is in doubt."""
    span = _span(abs(seconds))
    direction = {"step": ("ahead", "back"), "contradicted": ("ahead", "behind")}.get(kind, ("", ""))[seconds < 0]
    return _DOUBTS[kind].format(*(part for part in (span, direction, witness) if part))


def camera_clock(camera_key: str) -> str:
    return f"the camera {camera_key}"


def clock_in_doubt(now: str, why: str) -> str:
    return (
        f"This computer's clock says {now}, which is in doubt: {why}. ARCHIVE_KEEP deletes nothing until another clock "
        "or you say that it is right: on the status page, or with 'framecast clock --confirm'."
    )


def leftovers(frames: int, gaps: int, cameras: int) -> str:
    return (
        f"A wrong clock left {frames} frames in doubt, {gaps} gaps that no outage made, and {cameras} cameras with "
        "marks in the future."
    )


FIRST_THE_CLOCK: Final = (
    "This computer's clock is in doubt. Set it, or confirm that it is right; then this can be done."
)
TAKEN_OUT: Final = "All of it was taken out."


def clock_trusted(now: str) -> str:
    return f"This computer's clock says {now} UTC, and is trusted."


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


NEWEST_AWAY: Final = (
    "The newest pictures of the archive are not where they were: is the disk mounted, and is ARCHIVE_DIR right?"
)


def slow_check_found(count: int, last: str) -> str:
    return (
        f"{count} files of the archive are gone or not what was archived, the last one {last}: restore them from a "
        "backup, or see what framecast rescan says. The log names each."
    )


def old_rules_stay(reason: object) -> str:
    return f"{reason} The archive keeps to the rules that were there before."


def rules_unknown(reason: object) -> str:
    return (
        f"{reason} It may have rules for the archive, so nothing is deleted by age until it can be read: make it "
        "readable for the archiver too, or take CAMERAS_FILE from the archiver's settings."
    )


def kept_exceed_limit(camera_key: str | None, kept_bytes: int, max_bytes: int) -> str:
    of, limit = ("", f"ARCHIVE_MAX_BYTES={max_bytes}")
    if camera_key is not None:
        of, limit = f" of the camera '{camera_key}'", f"its archive_max_bytes = {max_bytes}"
    return (
        f"The frames{of} that are marked as kept take {kept_bytes} bytes alone, more than {limit}. Nothing is "
        "deleted for that limit, because all other frames would go and it would still be exceeded: raise it, or take "
        "the mark from some frames."
    )


def timelapses_wait(reason: object) -> str:
    return f"Time-lapses have to wait: {reason}"


def disk_below_floor(free_bytes: int, min_free_bytes: int) -> str:
    return (
        f"The archive's disk has {free_bytes} bytes free and ARCHIVE_MIN_FREE_BYTES keeps {min_free_bytes} of them: "
        "make room, or let old frames go by ARCHIVE_KEEP or ARCHIVE_MAX_BYTES."
    )


def directory_fails(action: str, reason: object) -> str:
    """`action` is "read" or "written"."""
    return f"The archive directory can't be {action}: {reason}."


def link_leads_nowhere(link: object) -> str:
    return f"The link {link} in the archive leads to a place that is not there: is its disk mounted?"


NOT_READ_BACK: Final = "The picture just written can't be read back whole."

# Refusals over HTTP: frames.
DATABASE_AWAY: Final = "The archive's database can't be used at the moment: try again. /readyz says why."
STORE_AWAY: Final = "The archive's pictures can't be read or written at the moment: try again. The log says why."
CAPTURED_UNLISTED: Final = "The picture is kept. It will be listed when the database is back."
NO_MEMORY_NOW: Final = "There is no memory to make this picture at the moment: try again."
TIMES_SWAPPED: Final = "'from' is later than 'to': give them the other way round."
NOTHING_TO_ZIP: Final = "There are no such frames: /api/camera/frames/days tells of which days there are."
NO_SUCH_FRAMES: Final = "There is none of these frames: /api/camera/frames/index lists those there are."


RESCAN_RUNS: Final = "A rescan runs already: wait until it is done."
CHANGE_GOES_ON: Final = "This takes a while and goes on in the background: look at the list of cameras again."


def camera_not_archived(camera_key: str) -> str:
    return f"The archive has nothing of a camera '{camera_key}': /api/camera/frames/cameras lists those it has."


def not_confirmed(camera_key: str) -> str:
    return f"All pictures of '{camera_key}' would be lost: give its key again as 'confirm'."


def unknown_camera(camera_key: str | None) -> str:
    which = "camera is" if camera_key is None else f"camera '{camera_key}' is"
    return f"No {which} known: /api/devices lists the cameras."


def no_picture(reason: object) -> str:
    return f"The camera gives no picture to keep: {reason}. Try again later."


def nothing_archived(camera_key: str | None) -> str:
    whose = "" if camera_key is None else f" of the camera '{camera_key}'"
    return f"No frame{whose} is archived yet: /api/devices lists the cameras."


def no_such_frame(frame_id: int) -> str:
    return f"There is no archived frame {frame_id}: /api/camera/frames lists those there are."


def image_gone(frame_id: int | None, path: str) -> str:
    return f"The picture of frame {frame_id} is gone from the archive: restore the file {path}."


def image_damaged(frame_id: int | None, path: str) -> str:
    return f"The picture of frame {frame_id} is damaged: restore the file {path} from a backup."


def too_many_in_line(most: int) -> str:
    return f"Your address has {most} requests of this kind waiting, which is the limit: try again later."


def too_many_captures(most: int) -> str:
    return f"{most} manual captures are under way, which is the limit: try again when some are done."


def captures_too_fast(most: int) -> str:
    return f"Your address has captured {most} frames in the last minute, which is the limit: try again later."


def too_many_downloads(most: int) -> str:
    return f"{most} zip files are being downloaded, which is the limit: try again when one is done."


def too_many_downloads_of_one(most: int) -> str:
    return f"Your address is downloading {most} zip files, which is the limit: try again when one is done."


def too_many_days(most: int) -> str:
    return f"'from' and 'to' are more than {most} days apart: ask in several parts."


def too_many_to_zip(count: int, most: int) -> str:
    return f"That is {count} frames, more than {most} for one zip file: narrow 'from' and 'to'."


# Why a camera gives no picture for a manual capture.
DISABLED: Final = "it is disabled"


def none_came(seconds: float) -> str:
    return f"none came within {seconds:.0f} s"


# Refusals over HTTP: time-lapses.
NO_FRAME_FITS: Final = "No archived frame fits: choose another range, or leave daylight and daily_at away."
NO_VIDEO_ENCODER: Final = (
    "No video encoder is installed beside the archiver: add its extra 'timelapse' (pip install -r "
    "requirements/timelapse.txt), set TIMELAPSE_FFMPEG to an ffmpeg with libx264 for 'h264', or ask for 'webp'."
)


def too_few_frames(count: int, least: int) -> str:
    return f"it would show {count} pictures, fewer than {least}"


def no_such_timelapse(job_id: str) -> str:
    return f"There is no time-lapse {job_id}: /api/camera/timelapses lists those there are."


def timelapse_unfinished(job_id: str, state: str) -> str:
    return f"The time-lapse {job_id} has no file yet: its state is '{state}'."


def no_poster(job_id: str) -> str:
    return f"The time-lapse {job_id} has no picture that stands for it: play its file."


def video_gone(job_id: str) -> str:
    return f"The file of the time-lapse {job_id} is gone: render it again."


def queue_full(most: int) -> str:
    return f"{most} time-lapses wait already, which is the limit: try again when some are done, or cancel one."


def too_many_found(most: int) -> str:
    return f"There are more than {most} frames in this range: choose a shorter one."


def too_many_shown(count: int, most: int, form: str) -> str:
    return (
        f"{count} frames are more than the {most} that the format '{form}' takes: choose fewer days, a daily time, or "
        "a target length."
    )


# Why a time-lapse failed or waits.
INTERRUPTED_TWICE: Final = "the archiver ended while it was rendered, twice"
CANCELLED: Final = "it was cancelled"
NO_FRAME_READ: Final = "none of the frames could be read"


def no_process(reason: object) -> str:
    return f"No process can be started for them: {reason}."


def encoder_ended(code: int, last_words: str) -> str:
    return f"the encoder ended with code {code}: {last_words}"


def encoder_stalled(seconds: float) -> str:
    return f"the encoder did nothing for {seconds:.0f} s"


def timelapse_below_floor(free_bytes: int) -> str:
    return f"only {free_bytes} bytes are free on its disk, fewer than ARCHIVE_MIN_FREE_BYTES"


def timelapse_directory_fails(directory: object, action: str, reason: object) -> str:
    return f"The directory of the time-lapses, {directory}, can't be {action}: {reason}."


# Reports of commands.
def rescan_failed(reason: object) -> str:
    return f"The rescan could not be finished: {reason}"


def rebuild_done(whole: int, adopted: int, broken: int, foreign: int, unchecked: int, unreadable: int) -> str:  # noqa: PLR0913, PLR0917
    short = f"{unchecked} files were left alone for want of memory, " if unchecked else ""
    return (
        f"{whole} frames have their rows, {adopted} of them new. {broken} broken files were set aside, {foreign} "
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


def camera_renamed(camera_key: str, new_key: str, moved: int, stayed: int) -> str:
    rest = f" {stayed} stay with {camera_key}, because {new_key} has other pictures of these slots." if stayed else ""
    return f"{moved} pictures of {camera_key} are pictures of {new_key} now.{rest}"


def camera_forgotten(camera_key: str, frames: int, foreign: int) -> str:
    rest = f" {foreign} files that the archiver did not write are left in its directory." if foreign else ""
    return f"{camera_key} is forgotten, with {frames} pictures. Its time-lapses stay in their list.{rest}"


def would_forget(camera_key: str, frames: int, byte_count: int) -> str:
    return (
        f"This would delete {frames} pictures of {camera_key} with {byte_count} bytes for good; its time-lapses stay. "
        f"To do it: framecast camera forget {camera_key} --yes"
    )


def not_archived(camera_key: str) -> str:
    return f"The archive has nothing of a camera {camera_key}: framecast camera list tells of which it has."


def camera_is_changing(camera_key: object) -> str:
    return f"The camera {camera_key} is being renamed or forgotten: wait until that is done, or restart the archiver."


def camera_change_waits(reason: object) -> str:
    return f"A camera that is being renamed or forgotten has to wait: {reason}"


def camera_change_failed(reason: object) -> str:
    return f"The camera could not be changed completely: {reason} Do it again to go on."


def no_key(text: str) -> str:
    return f"{text!r} is no camera key: use small letters, digits, _ and -, 63 at the most"


def same_key(camera_key: str) -> str:
    return f"{camera_key} has this key already."


def database_fails(reason: object) -> str:
    return f"The archive's database can't be used: {reason}."


def deleted(count: int) -> str:
    return f"{count} frames were deleted."


def would_go(policy: object, count: int, byte_count: int) -> str:
    return f"ARCHIVE_KEEP={policy}: {count} frames with {byte_count} bytes would go now."


def would_go_of_camera(camera_key: str, keep: object, max_bytes: int, count: int, byte_count: int) -> str:
    limit = f" and archive_max_bytes = {max_bytes}" if max_bytes else ""
    return f"{camera_key}, by {keep}{limit}: {count} frames with {byte_count} bytes."


def kept_stay(count: int, byte_count: int) -> str:
    return f"{count} frames with {byte_count} bytes are marked as kept, and stay."


NO_DATABASE_FILE: Final = "there is no such file, see DATABASE_URL"
NOTHING_TO_EXPORT: Final = "There are no such frames in the archive: check --from, --to and --camera."
EXPORT_TIMES_SWAPPED: Final = "--from is later than --to, or later than now."


def no_export_time(name: str, given: str) -> str:
    return f"{name} is '{given}' but must be a day such as 2026-11-22, or a time such as 2026-11-22T14:00."


def export_done(new: int, present: int, dest: str, rows: str) -> str:
    return f"{new} frames copied to {dest}, {present} were there already. The rows of all of them are in {rows}."


def export_leaves_doubtful(count: int) -> str:
    return f"{count} frames whose time is in doubt were left out: framecast clock lists them."


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


def demo_failed(reason: object) -> str:
    return f"The demo archive could not be finished: {reason} What is there so far is whole."


def demo_done(count: int, camera_key: str, days: int, seconds: float) -> str:
    return f"{count} frames of {camera_key}, {days} days, made in {seconds:.0f} s."


def demo_refused(present: int, camera_key: str) -> str:
    return (
        f"The archive has {present} frames of {camera_key} already. Name another camera, set ARCHIVE_DIR and "
        "DATABASE_URL to another place, or say --add to put the made-up ones between them."
    )
