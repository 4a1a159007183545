"""Why an address can't be used, and what to write instead.

The words name settings as in the environment. A cameras file has the same names in lower case, without `CAMERA_`.
They repeat no part of the address, because any part may be a password.
"""

from typing import Final

from shared.settings import SettingValueError


class CameraAddressError(SettingValueError):
    """Raised when an address can't be understood. The message says what to write instead."""


BESIDE: Final = "put the password into CAMERA_RTSP_PASSWORD (or CAMERA_RTSP_PASSWORD_FILE), where nothing is escaped"
ENCODED: Final = "write # as %23, / as %2F, ? as %3F, @ as %40, : as %3A and % as %25 in it"
NO_HOST: Final = "It names no host: write rtsp://HOST/PATH, such as rtsp://192.168.1.20:554/stream1."
BAD_PORT: Final = f"Behind the host's colon there is no port from 1 to 65535. If that is the login, {BESIDE}."
BAD_HOST: Final = (
    f"Its host is neither a name nor an IP address. If the password holds # / ? or @, {BESIDE}, or {ENCODED}."
)
BAD_IP: Final = "Its host is no IP address: write four numbers from 0 to 255, such as 192.168.1.20."
TWO_PORTS: Final = "It names two ports: write one, as in rtsp://192.168.1.20:554/stream1."
LEADING_ZEROS: Final = "Its IP address has leading zeros: write 192.168.1.20, not 192.168.001.020."
BARE_IPV6: Final = (
    "Its end may be a port or a part of the IPv6 address: put the address into brackets, as in [fd00::1]:554."
)
BAD_BRACKETS: Final = (
    "Its brackets are not as an IPv6 address needs them: around it, and the port behind them, as in [fd00::1]:554."
)
AMBIGUOUS_LOGIN: Final = f"It can be read in two ways, because the login holds / ? or #: {BESIDE}, or {ENCODED}."
BAD_PERCENT: Final = f"A % in its login is no percent-encoded UTF-8: {BESIDE}, or write % as %25."
PLACEHOLDER: Final = (
    "A part of it is a placeholder, such as <ip>, {password} or YOUR_PASSWORD: write your camera's own there. "
    f"If it really is the password, {BESIDE}."
)
FRIGATE_PLACEHOLDER: Final = (
    "{FRIGATE_…} is filled in by Frigate only: leave the login out of the address, and put it into "
    "CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD (or CAMERA_RTSP_PASSWORD_FILE)."
)
TWO_ADDRESSES: Final = "There are several addresses in it: leave one."
SEVERAL_LINES: Final = (
    "There are several lines in it: leave the camera's address alone, such as rtsp://192.168.1.20:554/stream1."
)
OTHER_TEXT: Final = "There is other text around the address: leave the address alone, from rtsp:// on."
HAS_SPACE: Final = f"There is a space in it. In a path write %20. If the space is in the password, {BESIDE}."
SCHEME_UNSURE: Final = "Say how the camera speaks: begin with rtsp:// or http://."
TWO_SCHEMES: Final = "It says in two ways how the camera speaks: leave one of rtsp:// and http://."
WINDOWS_PATH: Final = (
    "It is a Windows path: write the path as ingest sees it, such as /videos/garden.mp4. In a container that is a "
    "mounted one."
)
HOME_PATH: Final = "~ means nothing here: write the whole path, such as /home/me/garden.mp4."
NO_FILE: Final = "There is no such file. Is it a camera? Then begin with rtsp:// or http://."
DEVICE: Final = "It is a device of this machine, and only cameras on the network and files can be read."
RTMP: Final = (
    "RTMP can't be read. Most cameras with RTMP have an rtsp:// address, too: look into the camera's settings. "
    "Reolink's is like rtsp://HOST:554/h264Preview_01_main."
)
ONVIF: Final = (
    "ONVIF only finds the video, and the video has an address of its own: look for the camera's rtsp:// address in "
    "its settings, its manual or an ONVIF tool, such as rtsp://192.168.1.20:554/stream1."
)
WEBRTC: Final = (
    "WebRTC can't be read. If another program made this address, use the rtsp:// address that it offers or reads."
)
UDP_SCHEME: Final = "Write rtsp:// and set CAMERA_RTSP_TRANSPORT=udp."
OTHER_PROGRAM: Final = (
    "It begins with a word that another program understands, and so does not say the camera's own address: "
    "write that, as in rtsp://192.168.1.20:554/stream1."
)
MISSPELT: Final = "Did you mean rtsp://?"
OTHER_SCHEME: Final = "Only rtsp://, rtsps://, http:// and https:// can be read."
