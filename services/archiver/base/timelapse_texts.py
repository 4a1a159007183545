"""What is said of time-lapses: refusals over HTTP, and why one failed or waits. A part of `texts.py`."""

from typing import Final


def timelapses_wait(reason: object) -> str:
    return f"Time-lapses have to wait: {reason}"


NO_FRAME_FITS: Final = "No archived picture fits: choose another range, or leave daylight and daily_at away."
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
    return f"There are more than {most} pictures in this range: choose a shorter one."


def too_many_shown(count: int, most: int, form: str) -> str:
    return (
        f"{count} pictures are more than the {most} that the format '{form}' takes: choose fewer days, a daily time, "
        "or a target length."
    )


INTERRUPTED_TWICE: Final = "the archiver ended while it was rendered, twice"
CANCELLED: Final = "it was cancelled"
NO_FRAME_READ: Final = "none of the pictures could be read"


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
