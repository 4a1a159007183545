"""Why a source gives no pictures, in words for the user: what happened, and what to do. Owns these words, for all kinds
of source. Pure.

They name settings as in the environment; `setting_names.py` turns these into a cameras file's keys. Words of a camera's
are masked before they come here.

Where the cause is not clear from what we saw, the words end in `RECORD`, which leads to a report that we can replay.
Where it is clear (a password, a path, a refused connection), a report would help nobody.
"""

import errno
from typing import Final

RECORD: Final = "`framecast record-camera KEY` saves the exchange with it to a file for a report to us."

CONNECTION_REFUSED: Final = "The camera's address refuses connections. Check that it is on, and the port."
UNKNOWN_HOST: Final = "The camera's host name is not known. Check the host in CAMERA_RTSP_URL."
NETWORK_UNREACHABLE: Final = "The camera's network can't be reached. Check the address in CAMERA_RTSP_URL."
HOST_UNREACHABLE: Final = "The camera's address can't be reached. Check that it is on and connected."
NO_ANSWER: Final = "The camera does not answer. Check that it is on and connected."
NO_ANSWER_BY_TLS: Final = f"{NO_ANSWER} If it is, check the port, and whether it should be rtsp://, without TLS."
BY_ERRNO: Final = {
    errno.ECONNREFUSED: CONNECTION_REFUSED,
    errno.ENETUNREACH: NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: HOST_UNREACHABLE,
    errno.ETIMEDOUT: NO_ANSWER,
}
NO_CONNECTION: Final = frozenset({UNKNOWN_HOST, *BY_ERRNO.values()})
"""Those that mean that there is nothing at the address to talk to."""

NO_STREAM: Final = "The camera has no stream at this path. Check the path in CAMERA_RTSP_URL."
CANT_BE_OPENED: Final = "The camera's stream can't be opened."
CLOSED: Final = "The camera closed the connection."
CLOSED_AT_ONCE: Final = (
    "The camera closed the connection without an answer. Check the port; one for TLS needs rtsps://. A camera that has "
    "too many viewers may do so, too."
)
CLOSED_AT_ONCE_BY_TLS: Final = (
    "The camera closed the connection before it was encrypted. Check the port; one without TLS needs rtsp://."
)
ENDED: Final = "The camera ended its stream."
STOPPED: Final = "The camera stopped sending pictures."
TOO_SLOW: Final = (
    "This computer can't keep up: the newest picture is {:.0f} s old. {}Stop other programs on it, or choose a smaller "
    "picture or fewer pictures a second in the camera."
)
"""The second value is what it is short of, a sentence with a space behind it, or empty."""
COME_LATE: Final = (
    "The camera's pictures come {:.0f} s late. Check its network, or choose a lower bit rate in the camera."
)
NO_TLS: Final = "The camera's address does not speak TLS as we do. Check the port, and whether it should be rtsp://."
NOT_RTSP: Final = "Something answers at the camera's address, but not by RTSP. Check the port in CAMERA_RTSP_URL."
NOT_UNDERSTOOD: Final = f"The camera's RTSP can't be understood. {RECORD}"
WEB_SERVER: Final = (
    "The camera's address answers like a web server, not like RTSP. Check the port in CAMERA_RTSP_URL: RTSP is usually "
    "at 554."
)
SPEAKS_TLS: Final = "The camera's port speaks TLS. Set CAMERA_RTSP_URL to the same address with rtsps://."
NO_UDP_PORT: Final = "No UDP port is free for the camera's packets."
NO_VIDEO: Final = "The camera's stream has no video. Check the path in CAMERA_RTSP_URL."
OTHER_VIDEO: Final = (
    "The camera sends a kind of video that our own reader does not know: neither H.264 nor H.265 nor JPEG. Choose one "
    f"of them in the camera's settings. {RECORD}"
)
UNDECODED_VIDEO: Final = (
    "The camera sends a kind of video that can't be decoded. Choose H.264, H.265 or MJPEG in the camera's settings. "
    f"{RECORD}"
)
LONG_DESCRIPTION: Final = f"The camera's description of its stream is too long. {RECORD}"
GARBAGE: Final = f"The camera sent something between its packets that can't be read. {RECORD}"
UNREADABLE: Final = f"The camera sends something that can't be read ({{}}). {RECORD}"

REFUSED: Final = (
    "The camera refused the user name or password. Check CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD; "
    "it is tried again in a minute and then ever more seldom, so that the camera does not lock us out."
)
LOGIN_WANTED: Final = (
    "The camera wants a user name and password; none is set. Set CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD."
)
NO_USERNAME: Final = "The camera refused the login: a password is set, but no user name. Set CAMERA_RTSP_USERNAME."
LOGIN_UNKNOWN: Final = (
    f"The camera asks for a kind of login that we don't know. Choose Digest or Basic in the camera's settings. {RECORD}"
)
FORBIDDEN: Final = (
    "The camera forbids this address (403). The user may lack the right to see video. Check CAMERA_RTSP_USERNAME and "
    "CAMERA_RTSP_PASSWORD, and the user in the camera's settings."
)
ODD_CHARACTERS: Final = (
    "The password's characters may be the reason: some cameras read letters beyond a to z in a way of their own. Try a "
    "password of plain letters and digits."
)
ENCODED_CHARACTERS: Final = (
    "The password's characters may be the reason: it has a % in it, and CAMERA_RTSP_PASSWORD is sent as it stands. "
    "Write it there without percent-encoding."
)
BLANK_CHARACTERS: Final = "The password's characters may be the reason: it begins or ends with a space or a line break."

REDIRECTED: Final = (
    "The camera's answer leads elsewhere, by a redirect or a playlist, which is not followed. If you know the right "
    "address, set it as CAMERA_RTSP_URL."
)
MAY_BE_REDIRECTED: Final = (
    "The camera's stream can't be opened. It hung up, or it sends us to another address, which is not followed. If you "
    "know that address, set it as CAMERA_RTSP_URL."
)

METADATA_SERVICE: Final = "The address is that of a cloud's metadata service, and no camera's. It is not connected."

STILL_OPENING: Final = (
    "The camera is still being opened. It may take {:g} s to answer, and as long again to send (CAMERA_OPEN_SECONDS)."
)
_SHORTER_INTERVAL: Final = (
    "Shorten the key frame interval (I-frame interval, GOP) in the camera's settings; some call a long one Smart "
    "codec, H.264+ or H.265+."
)
HAS_WAITED: Final = "It has waited for {:g} s so far."
WAITS_FOR_KEY_FRAME: Final = (
    f"The picture waits for a key frame, which the camera seems to send only seldom. {_SHORTER_INTERVAL}"
)
NO_KEY_FRAME: Final = f"No key frame was found in {{:g}} s of the camera's video. {_SHORTER_INTERVAL} {RECORD}"

NO_CLEAN_PICTURE: Final = f"The camera sends video, but no picture can be made of it. {RECORD}"
LOST_PACKETS: Final = (
    "No clean picture has come for a while: packets are lost on the way from the camera. CAMERA_RTSP_TRANSPORT=tcp "
    "and a shorter key frame interval in the camera help."
)


def nothing_came(transport: str) -> str:
    """The camera agreed to send, and sends nothing."""
    words = f"The camera answers but sends no pictures by {transport.upper()}."
    if transport == "udp":
        return f"{words} A firewall may keep its packets away; CAMERA_RTSP_TRANSPORT=tcp is safer. {RECORD}"
    return f"{words} If it never does, restart it, or try CAMERA_RTSP_TRANSPORT=udp. {RECORD}"


def unanswered(request: str, seconds: float) -> str:
    """The camera is connected and answers no `request`."""
    return (
        f"The camera accepts connections, but did not answer {request} within {seconds:g} s. If it needs longer, raise "
        f"CAMERA_OPEN_SECONDS; otherwise restart it. {RECORD}"
    )


def refused_login(username: str, password: str, *, is_known: bool = True) -> str:
    """The camera wants a login, or another one. `is_known` says whether we know the kind that it asks for."""
    if not username and not password:
        return LOGIN_WANTED
    if not is_known:
        return LOGIN_UNKNOWN
    if not username:
        return NO_USERNAME
    text = username + password
    if password != password.strip():
        return f"{REFUSED} {BLANK_CHARACTERS}"
    if not text.isascii():
        return f"{REFUSED} {ODD_CHARACTERS}"
    return f"{REFUSED} {ENCODED_CHARACTERS}" if "%" in password else REFUSED


def refused_transport(transport: str, told: str) -> str:
    """The camera does not send by `transport`; `told` is what it says."""
    return f"The camera does not send by {transport.upper()} ({told})."


def wrong_transport(transport: str, told: str) -> str:
    """As `refused_transport`, where the other one was not tried."""
    other = "tcp" if transport == "udp" else "udp"
    return f"{refused_transport(transport, told)} Set CAMERA_RTSP_TRANSPORT={other}."


def too_many_viewers(told: str) -> str:
    """`told` is what the camera says."""
    return (
        f"The camera has too many viewers, or is too busy ({told}). Close other programs that watch it, or let them "
        "watch Framecast."
    )


def refused_request(request: str, told: str) -> str:
    """`told` is what the camera says to `request`."""
    return unclear(f"{CANT_BE_OPENED} The camera says to {request}: {told}")


def ffmpeg_says(told: str | None) -> str:
    """`told` is what FFmpeg gives for a reason."""
    return unclear(f"{CANT_BE_OPENED} FFmpeg says: {told}" if told else CANT_BE_OPENED)


def through_ffmpeg(why: str | None) -> str:
    """FFmpeg's reader serves; `why` is what our own reader met."""
    return (
        f"Pictures come through FFmpeg, later and at more cost.{'' if why is None else f' With our own reader: {why}'}"
    )


def of_both(direct: str, ffmpeg: str) -> str:
    """Neither reader gets pictures."""
    if direct == ffmpeg:
        return direct
    told = f"{without_record(direct)} With FFmpeg instead: {without_record(ffmpeg)}"
    return f"{told} {RECORD}" if RECORD in (direct + ffmpeg) else told


def unclear(told: str) -> str:
    """`told` says what was seen, and nobody can tell from it what to do."""
    if RECORD in told:
        return told
    return f"{told}{'' if told.endswith(('.', '!', '?')) else '.'} {RECORD}"


def without_record(words: str) -> str:
    """`words` for a person who already records."""
    return words.replace(f" {RECORD}", "")
