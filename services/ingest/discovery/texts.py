"""The words about finding cameras."""

from typing import Final

NO_PLACE: Final = (
    "Write a host such as 192.168.1.20 or camera.local, or a range such as 192.168.1.0/24 or 192.168.1.10-40."
)
TOO_MANY: Final = "That are too many addresses to ask one by one. The largest range is a /24, such as 192.168.1.0/24."
METADATA: Final = "That is an address of a cloud's metadata service, and no camera's."
FOREIGN: Final = "{0} is not on a network of your own. Only private addresses are looked at, such as 192.168.1.20."
NO_ZONE: Final = (
    "{0} is in each network of this computer. Write the interface behind it, such as {0}%eth0, or another address."
)
UNKNOWN_NAME: Final = "There is no host of the name {0} that ingest knows. Write its IP address."
LOGIN_FOR_ONE: Final = "A password is only sent to one host that you name. Look without it first."
NOBODY: Final = (
    "No camera has answered. In Docker's own network nobody hears the question: name a host, or a range such as "
    "192.168.1.0/24, which are asked one by one. Many cameras answer only after ONVIF is switched on in their own "
    "settings."
)
NO_MULTICAST: Final = (
    "Ingest's network has no way to ask everybody at once. Name a host, or a range such as 192.168.1.0/24."
)
NOBODY_THERE: Final = (
    "Nothing there has answered as a camera does: neither ONVIF nor RTSP, on the usual ports. Many cameras have both "
    "switched off at first: look in their own settings or their app."
)
TOO_MANY_DEVICES: Final = "More devices have answered than are shown."
OUT_OF_TIME: Final = "The time was over before everything had been asked."
NEEDS_LOGIN: Final = "It tells its streams only with a user name and a password."
WRONG_LOGIN: Final = (
    "It refused the user name and the password. They were offered once, because cameras lock out who keeps guessing. "
    "Many cameras have users for ONVIF apart from those of their own pages."
)
CLOCK_MAY_BE_WHY: Final = (
    "Its clock may be the reason: a login by ONVIF has the time in it. Set the camera's time, and look again."
)
NO_STREAMS: Final = "It names no stream. Its profiles may have to be made in its own settings first."
MUTE: Final = "It is there, and did not answer when it was asked for its streams."
ANY_PATH: Final = "It gives the same answer for any path, so its address can't be told from its answers."
CLOCK: Final = "Its clock is {0} {1}."
OTHER_HOST: Final = "It leads to another host, {0}."
THIS_COMPUTER: Final = "The camera named this computer in the address. The camera itself stands in its place."
BAD_HOST: Final = "The camera named an address of a cloud's metadata service."
BAD_ADDRESS: Final = "The camera named an address that is not one of a stream on the network."
LOGIN_INSIDE: Final = (
    "The camera's address has the login in it, so it is not shown. Take it from the camera's own pages."
)
ASK_ONE: Final = "Ask this host by itself for addresses to try."
