"""Why a source gives no pictures, in words for the user: the phrases that more than one kind of source says."""

from typing import Final

NO_STREAM: Final = "The camera has no stream at this path. Check the path in CAMERA_RTSP_URL."
CONNECTION_REFUSED: Final = "The camera's address refuses connections. Check that it is on, and the port."
UNKNOWN_HOST: Final = "The camera's host name is not known. Check the host in CAMERA_RTSP_URL."
NETWORK_UNREACHABLE: Final = "The camera's network can't be reached. Check the address in CAMERA_RTSP_URL."
HOST_UNREACHABLE: Final = "The camera's address can't be reached. Check that it is on and connected."
NO_ANSWER: Final = "The camera does not answer. Check that it is on and connected."
SILENCE: Final = frozenset({CONNECTION_REFUSED, UNKNOWN_HOST, NETWORK_UNREACHABLE, HOST_UNREACHABLE, NO_ANSWER})
"""Those that mean that nothing answers at the address."""
CANT_BE_OPENED: Final = "The camera's stream can't be opened."
STOPPED: Final = "The camera stopped sending pictures."
REFUSED: Final = (
    "The camera refused the user name or password. Check CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD; "
    "it is tried again in a minute and then ever more seldom, so that the camera does not lock us out."
)
NO_CREDENTIALS: Final = (
    "The camera wants a user name and a password, and none is set. Set CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD."
)
TOO_MANY_VIEWERS: Final = (
    "The camera serves too many viewers already. Close some of them, or raise the limit in the camera's settings."
)
WEB_SERVER: Final = (
    "The camera's address answers like a web server, not as RTSP. Check the port in CAMERA_RTSP_URL, and whether the "
    "address should begin with http://."
)
UNTRUSTED: Final = (
    "The camera's certificate can't be verified, so nothing was sent to it. Name the file of the authority that signed "
    "it, or of the certificate itself, in CAMERA_RTSP_CA_FILE."
)
REDIRECTED: Final = (
    "The camera's answer leads elsewhere, by a redirect or a playlist, which is not followed. If you know the right "
    "address, set it as CAMERA_RTSP_URL."
)
MAY_BE_REDIRECTED: Final = (
    "The camera's stream can't be opened. It hung up, or it sends us to another address, which is not followed. If you "
    "know that address, set it as CAMERA_RTSP_URL."
)
UNREADABLE: Final = "The camera sends something that can't be read"
