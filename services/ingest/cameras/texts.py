"""The words about changes of the cameras: why one is refused, and what to do."""

from pathlib import Path
from typing import Final

BY_ENVIRONMENT: Final = (
    "The camera is set where ingest is started, by CAMERA_RTSP_URL. Change it there, or take it out there and add the "
    "camera here."
)
CHANGED: Final = (
    "Somebody has changed the cameras meanwhile, so nothing was changed now. Look at them as they are, and try again."
)
UNUSUAL_FORM: Final = (
    "The cameras file is written in a form that is only changed by hand: every camera must be a [[camera]] table, one "
    "after the other, and nothing else before or between them."
)
UNUSUAL_VALUE: Final = (
    "This camera is written in a form that is only changed by hand: its settings must stand one to a line, each as a "
    "number, a text or a short list."
)
UNREADABLE_FILE: Final = "The cameras file can't be used as it is, so it is only changed by hand"
TOO_MANY: Final = "There are 200 cameras already. Remove one first."
TOO_LARGE: Final = "The cameras file would be larger than 1 MiB."
LAST_CAMERA: Final = (
    "It is the last camera in the cameras file, which must name one. Switch it off, or take CAMERAS_FILE out of the "
    "settings."
)
ALL_KEYS: Final = "The order must name each camera once."
FILES_BY_HAND: Final = (
    "It is a file, and only cameras on the network are set here. A file is set by hand, where the cameras are written."
)
HIDDEN_PART: Final = "The *** in it stands for a part that is not shown. Write the whole address."
PATHS_BY_HAND: Final = "{0} names a file of ingest's computer. It is set by hand, where the cameras are written."
KEY_STAYS: Final = (
    "A camera's key can't be changed here, because its addresses and its archive have it in them. Its name can."
)
OTHER_PLACE: Final = (
    "The address leads to another place than before, which would get to know the password. Write the password again, "
    "or take it out."
)
OTHER_ADDRESS: Final = (
    "The file would show whether the password is a part of this new address. Write the password again, or take it out."
)
UNCHECKED_SERVER: Final = (
    "Without a check of its certificate any server that answers at this address would get to know the password. Write "
    "the password again, or take it out."
)
METADATA: Final = "That is an address of a cloud's metadata service, and no camera's."
ARCHIVE_APART: Final = (
    "Pictures are deleted by the archive itself. Take the camera out and keep them; then DELETE "
    "/api/camera/frames/cameras/{0}?confirm={0}, or `framecast camera forget {0} --yes` where the archiver runs."
)
TEXT_FORM: Final = "{0} must be text of at most 200 characters."
BYTES_FORM: Final = "archive_max_bytes must be a number of bytes, or 0 for no limit."
UNKNOWN_SETTING: Final = "There is no setting of this name."
TWO_TRIES: Final = "Two addresses are being tried already. Try again in some seconds."
ONE_SEARCH: Final = "A search for cameras is under way already. Try again in some seconds."
SEARCH_ENDED: Final = "The search ended before it had asked everything. The log of ingest may say why."
NO_PROCESS: Final = "Ingest can't start a process for it at the moment. Try again."
NOTHING_EXCHANGED: Final = "With a file or the demo scene nothing is exchanged, so there is nothing to save."
NOT_RECORDED: Final = (
    "Nothing could be saved: the process that tried the camera ended, or had no time left. Try again. The log of "
    "ingest may say why."
)
TRY_ENDED: Final = "The process that tried it ended by itself. The log of ingest says why."


def taken(key: str) -> str:
    return f"There is a camera with the key '{key}' already. Choose another one."


def no_camera(key: str) -> str:
    return f"There is no camera '{key}'. It may have been removed meanwhile."


def file_gone(path: Path) -> str:
    return (
        f"The cameras file {path} is gone. Its cameras run on as they were, and nothing can be changed. Put the file "
        "back; where its directory is there, the version before the last change is beside it."
    )


def not_writable(path: Path) -> str:
    return f"The cameras are in {path}, which ingest may not write. Change them there."


def not_own(path: Path) -> str:
    return (
        f"The cameras are in {path}, which belongs to another user than ingest's, and would not any more once it was "
        "changed here. Change them there, or give the file to ingest's user."
    )


def directory_not_writable(path: Path) -> str:
    return (
        f"The cameras are in {path}. Ingest may not write in its directory, so it can't replace the file whole. Change "
        "the cameras there, or mount the directory so that ingest may write."
    )


def not_written(path: Path, reason: str) -> str:
    return f"Nothing was changed: {path} can't be written ({reason})."


def disk_full(path: Path) -> str:
    return f"Nothing was changed: the disk of {path} is full. Free some room, and try again."


def no_picture(seconds: float) -> str:
    return f"No picture came in {seconds:.0f} s."


def unused_file(path: Path) -> str:
    return f"The cameras in {path} are not in use, because CAMERA_RTSP_URL or CAMERAS_FILE is set."
