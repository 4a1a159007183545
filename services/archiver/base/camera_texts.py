"""What is said of the archive's cameras: their rules, and how they are renamed and forgotten. A part of `texts.py`."""

from typing import Final


def old_rules_stay(reason: object) -> str:
    return f"{reason} The archive keeps to the rules that were there before."


def rules_unknown(reason: object) -> str:
    return (
        f"{reason} It may have rules for the archive, so nothing is deleted by age until it can be read: make it "
        "readable for the archiver too, or take CAMERAS_FILE from the archiver's settings."
    )


def rule_unusable(reason: object) -> str:
    return f"{reason} All pictures of that camera are kept until it is mended, where the cameras are set."


INGEST_TOLD_NOTHING: Final = (
    "Ingest has not told yet what its cameras say of the archive, so nothing is deleted by age. Check that it runs."
)
CHANGE_GOES_ON: Final = "This takes a while and goes on in the background: look at the list of cameras again."


def camera_not_archived(camera_key: str) -> str:
    return f"The archive has nothing of a camera '{camera_key}': /api/camera/frames/cameras lists those it has."


def not_confirmed(camera_key: str) -> str:
    return f"All pictures of '{camera_key}' would be lost: give its key again as 'confirm'."


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
