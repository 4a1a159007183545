"""The words that stream shows people: on placeholders, in refusals, on the login page and in the status.

They stand here and nowhere else, so that a translation is one more module like this one.
"""

from typing import Final

# Placeholders: a headline, and what to do about it. The keys are the camera's states.

WAITING_FOR_CAMERA: Final = "Waiting for the camera"
WAITING_FOR_CAMERA_ADVICE: Final = "Framecast has just started, or its ingest service is not running."
WAITING_FOR_PICTURE: Final = "Waiting for a picture"
WAITING_FOR_PICTURE_ADVICE: Final = "The camera is on, but seldom sends a picture."
TOO_OLD: Final = "The newest picture is too old"
TOO_OLD_ADVICE: Final = "The camera is on. This request takes no picture older than its max_age."
INGEST_REFUSES: Final = "A setting of ingest can't be used"
INGEST_UNREACHABLE: Final = "Ingest is unreachable"
INGEST_UNREACHABLE_ADVICE: Final = "Nothing arrives from the ingest service."
SWITCH_ON_ADVICE: Final = "Switch it on in its settings: CAMERA_ENABLED=true, or enabled = true in the cameras file."
PROBLEM_HEADLINES: Final = {
    "connecting": "Connecting to the camera",
    "stalled": "No pictures from the camera",
    "offline": "The camera is offline",
    "unauthorized": "The camera refused the login",
    "frozen": "The camera's picture is frozen",
    "disabled": "The camera is switched off",
    "removed": "The camera was removed",
}


# The live page of the demo scene: how to show one's own camera.
OWN_CAMERA_BY_SETTINGS_HTML: Final = "Set <code>CAMERA_RTSP_URL</code> to show your own camera."
OWN_CAMERA_AT_PAGE_HTML: Final = '<a class="button main" href="cameras?add">Add your camera</a>'

# For holders of share links.
OWNERS_SETTINGS: Final = "The owner has to look at the settings."
GUESTS_ADVICE: Final = {"unauthorized": OWNERS_SETTINGS, "disabled": OWNERS_SETTINGS}


def since(moment: str) -> str:
    return f"Since {moment}"


# The status: a camera's state in words, what to do about it, and what else is wrong.

STATE_HEADLINES: Final = {"live": "Live", "idle": "Ready · no viewers"}
STATE_ADVICE: Final = {
    "connecting": "If this lasts, check the camera's address.",
    "stalled": "Framecast reconnects by itself. If this lasts, check the camera and its network.",
    "offline": "Framecast tries again by itself.",
    "frozen": (
        "Look at the scene: if nothing moves there, raise CAMERA_FROZEN_SECONDS (frozen_seconds in the cameras file)."
    ),
    "disabled": SWITCH_ON_ADVICE,
    "unknown": "Check that ingest runs, and that BUS_CONNECT is its address.",
}


def clock_is_off(ahead_seconds: float) -> str:
    way = "ahead of" if ahead_seconds > 0 else "behind"
    return f"The clock of ingest's host is {abs(ahead_seconds):.0f} s {way} this one's: set both by NTP"


# Refusals, each in words that say what to do.

STOPPING: Final = "This server is stopping."
STOPPING_TRY_AGAIN: Final = "This server is stopping. Try again."
CAMERAS_NOT_KNOWN_YET: Final = "The cameras are not known yet. Try again in a second."
NO_CAMERA_YET: Final = "No camera is known yet. Check that ingest runs."
NO_SUCH_ARCHIVE_ADDRESS: Final = "The archive has no such address."
ARCHIVE_UNREACHABLE: Final = "The archive can't be reached. Check that the archiver runs, and ARCHIVER_URL."
ARCHIVE_REFUSES_THE_LOGIN: Final = (
    "The archive refuses your login, which this server takes: the clocks of their hosts differ too much, or their"
    " passwords do. Set both clocks by NTP, and give both services the same passwords."
)
NO_REPLICA: Final = "No replica of stream is running. Its log says why: docker compose logs stream"
NEEDS_HTTP_1_1: Final = "This server streams to HTTP/1.1 clients only.\n"
VIEWER_LINKS_ARE_SHORTER: Final = (
    "A viewer's links last a day at the most: ask for fewer seconds, or ask the operator for the link."
)
LINK_NAMES_ONE_THING: Final = "give one of camera, frame and timelapse"
LINK_EXPIRED: Final = "This link has run out."
SIGN_ON_AGAIN: Final = "Connect again: your sign-on is to be checked."
LINK_IS_FOR_ONE_CAMERA: Final = "This link is for one camera."
ACCESS_WITHDRAWN: Final = "What let you in has ended: log in again, or ask for a new token."
LINK_ENDED: Final = "This link has been ended: ask for a new one."
ACCESS_CLOSED: Final = "Framecast is closed to everybody now: `framecast access` on its computer says why."
FOR_OTHER_CAMERAS: Final = "This token is for other cameras."
MJPEG_ALONE: Final = "This server has MJPEG alone."
SOCKET_TAKES_TEXT: Final = "Not understood: messages are text."


ARCHIVE_HANGS: Final = (
    "The archive does not answer, though it runs. If this lasts, restart the archiver; its log may say why."
)

ARCHIVE_NOT_UNDERSTOOD: Final = (
    "What answers at ARCHIVER_URL is no archiver of this version: bring all services to one version."
)
CHECK_UNDER_WAY: Final = "Another check-up is under way. Try again in a few seconds."


def archive_answers(status: int) -> str:
    return f"The archive answers with status {status}. Check ARCHIVER_URL; the archiver's log may say more."


def archive_silent(seconds: float) -> str:
    return f"The archive has not answered for {seconds:.0f} s: it is busy. Try again later."


def server_full(limit: int) -> str:
    return f"This server has {limit} viewers, which is its limit (STREAM_MAX_VIEWERS). Try again later."


def address_full(limit: int) -> str:
    return f"Your address watches {limit} streams, which is its limit (STREAM_MAX_VIEWERS_PER_ADDRESS). Close one."


def socket_full(limit: int) -> str:
    return f"This socket watches {limit} cameras, which is the limit of one. Open another."


def archive_full(limit: int) -> str:
    return f"{limit} requests to the archive are under way, which is the limit. Try again in a few seconds."


def no_such_camera(key: str) -> str:
    return f"There is no camera '{key}'. GET /api/devices lists them."


def width_not_offered(width: int, offered: tuple[int, ...]) -> str:
    return f"'width' is {width} but must be one of those offered: {', '.join(map(str, offered)) or 'none'}."


def no_picture_within(seconds: float) -> str:
    return f"The camera is on, but no picture came within {seconds:.0f} s."


def picture_too_old(age_seconds: float) -> str:
    return f"The newest picture is {age_seconds:.1f} s old; see max_age."


def message_not_understood(reason: str) -> str:
    return f"Not understood: {reason}."


# A 401 as a picture, where a client shows whatever it is given. It tells nothing of any camera.

LOGIN_NEEDED: Final = "A password is needed"
LOGIN_NEEDED_ADVICE: Final = "It may have been changed: enter the new one where this picture was set up."
LINK_NOT_VALID: Final = "This link is not valid here"
SIGN_ON_FIRST: Final = "A sign-on is needed"
TOKEN_NOT_VALID: Final = "This token is not valid here"  # noqa: S105 words, no token
SETUP_FIRST: Final = "No password has been set yet"


# The page of a share link.

LINK_HAS_ENDED: Final = "This link has ended"
ASK_FOR_A_NEW_LINK: Final = "Ask the person who sent it for a new one."
ARCHIVED_PICTURE: Final = "An archived picture"
TIMELAPSE: Final = "A time-lapse"


def link_ends(moment: str) -> str:
    return f"This link ends {moment}."


# The login page.

LOGIN_REFUSED: Final = "That is not the password."
FORM_UNREADABLE: Final = "That form can't be read."
LOG_OUT: Final = "Log this browser out"


def signed_on_as(user: str) -> str:
    return f"You are signed on as {user} by the proxy in front: sign off there. Here only a login by password ends."


def archive_address_full(limit: int) -> str:
    return (
        f"Your address has {limit} requests to the archive under way, which is the limit "
        "(STREAM_MAX_VIEWERS_PER_ADDRESS): let one end."
    )
