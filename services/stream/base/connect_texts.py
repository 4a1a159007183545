"""The words of the page `/connect`: what stands above the lines to paste, and under which addresses others look.

A part of `texts.py`. Names of lines are the words of the programs that they are for.
"""

from typing import Final

ONLY_HERE: Final = (
    "Only this computer can look: Framecast listens at 127.0.0.1 alone. docs/access.md says how to let others in."
)
ADDRESS_UNKNOWN: Final = (
    "Others can look, too: open this page at the address that this computer has in your network. "
    "`hostname -I` tells it on Linux, the network settings elsewhere."
)
NO_ADDRESS: Final = "This computer has no address in a network now, so only it can look. Connect it to one."
PORT_IS_A_GUESS: Final = (
    "Their port is the one at which this page was opened. If others come by another one, set it as PUBLISH_PORT."
)
NOT_OURS: Final = "A QR code is made of this server's own addresses alone."

ADDRESSES: Final = "Addresses"
ADDRESSES_ABOUT: Final = "The stream (MJPEG), the newest picture (JPEG), and pictures over a WebSocket."
STREAM: Final = "Stream"
SNAPSHOT: Final = "Snapshot"
SOCKET: Final = "WebSocket"
OWN_PAGE: Final = "Your own page"
OWN_PAGE_ABOUT: Final = "The element comes back by itself after an outage, and says when the picture is old."
IMAGE: Final = "Image"
ELEMENT: Final = "Element"
HOME_ASSISTANT: Final = "Home Assistant"
HOME_ASSISTANT_ABOUT: Final = (
    "Settings → Devices & services → Add integration → MJPEG IP Camera, or Generic Camera for the still image."
)
HOME_ASSISTANT_SIGNED: Final = " Username: viewer. Password: type the viewer’s there, with Basic authentication."  # noqa: RUF001 an apostrophe, and no password
MJPEG_URL: Final = "MJPEG URL"
STILL_URL: Final = "Still image URL"
OCTO_PRINT: Final = "OctoPrint"
OCTO_PRINT_ABOUT: Final = "Settings → Classic Webcam."
OCTO_PRINT_SIGNED: Final = (
    " Use a link, or log in here with the same browser. The snapshot also takes Basic, with the viewer’s password."  # noqa: RUF001 an apostrophe
)
STREAM_URL: Final = "Stream URL"
SNAPSHOT_URL: Final = "Snapshot URL"
MAINSAIL: Final = "Mainsail, Fluidd"
MAINSAIL_ABOUT: Final = (
    "Settings → Webcams, service Adaptive MJPEG-Streamer. "
    "ALLOWED_ORIGINS must name its page, such as http://mainsail.local."
)
URL_STREAM: Final = "URL stream"
URL_SNAPSHOT: Final = "URL snapshot"
FRIGATE: Final = "Frigate, go2rtc"
FRIGATE_ABOUT: Final = "In the configuration."
SOURCE: Final = "Source"
VLC: Final = "VLC"
VLC_ABOUT: Final = "In a terminal, or the address in Media → Open Network Stream."
COMMAND: Final = "Command"
CURL: Final = "curl"
CURL_ABOUT: Final = "Saves one picture."
CURL_SIGNED: Final = " It asks for the viewer’s password."  # noqa: RUF001 an apostrophe
OPEN_CV: Final = "OpenCV"
OPEN_CV_ABOUT: Final = "In Python."
LINE: Final = "Line"
PASSWORD_IS_PUT_IN: Final = " The viewer’s password, typed above, is put in when you copy."  # noqa: RUF001, S105 an apostrophe, and no password
