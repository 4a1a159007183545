"""Where makers' cameras have their streams, from what the makers publish. For cameras that don't tell it themselves.

A path in angle brackets has a part that the owner named; it is shown, and never asked.
"""

from typing import Final, NamedTuple

from services.ingest.discovery.found import Template

RTSP_PORT: Final = 554


class MakersAddress(NamedTuple):
    """`port` is None for the usual one, or whichever answers."""

    maker: str
    main: str
    sub: str | None = None
    port: int | None = None
    scheme: str = "rtsp"


MAKERS: Final = (
    MakersAddress("Hikvision, Annke, LTS", "/Streaming/Channels/101", "/Streaming/Channels/102"),
    MakersAddress(
        "Dahua, Amcrest, Lorex, Imou",
        "/cam/realmonitor?channel=1&subtype=0",
        "/cam/realmonitor?channel=1&subtype=1",
    ),
    MakersAddress("Reolink", "/h264Preview_01_main", "/h264Preview_01_sub"),
    MakersAddress("Reolink (H.265)", "/h265Preview_01_main", "/h264Preview_01_sub"),
    MakersAddress("TP-Link Tapo, Kasa, VIGI", "/stream1", "/stream2"),
    MakersAddress("Axis", "/axis-media/media.amp", "/axis-media/media.amp?resolution=640x360"),
    MakersAddress("Foscam", "/videoMain", "/videoSub"),
    MakersAddress("Hanwha, Samsung Wisenet", "/profile2/media.smp", "/profile3/media.smp"),
    MakersAddress("Bosch", "/rtsp_tunnel?inst=1", "/rtsp_tunnel?inst=2"),
    MakersAddress("Vivotek", "/live.sdp", "/live2.sdp"),
    MakersAddress("Uniview", "/media/video1", "/media/video2"),
    MakersAddress("Ubiquiti (a camera by itself)", "/s0", "/s1"),
    MakersAddress("Eufy", "/live0", "/live1"),
    MakersAddress("V380, Tuya and others", "/live/ch00_0", "/live/ch00_1"),
    MakersAddress("Many others", "/11", "/12"),
    MakersAddress("Raspberry Pi with MediaMTX", "/cam", None, 8554),
    MakersAddress("Raspberry Pi with v4l2rtspserver", "/unicast", None, 8554),
    MakersAddress("go2rtc, Frigate, Wyze bridge, MediaMTX", "/<name of the stream>", None, 8554),
    MakersAddress("Ubiquiti UniFi Protect", "/<stream's key>", None, 7447),
    MakersAddress("ESP32-CAM", "/stream", None, 81, "http"),
)


def askable(port: int) -> tuple[MakersAddress, ...]:
    """Those that a server of RTSP at `port` may be asked for, the usual ones first."""
    return tuple(
        one for one in MAKERS if one.scheme == "rtsp" and "<" not in one.main and (one.port is None or one.port == port)
    )


def template(address: MakersAddress, host: str, port: int, *, answers: bool | None = None) -> Template:
    """`port` counts where the maker names none."""
    place = f"[{host}]" if ":" in host else host
    start = f"{address.scheme}://{place}:{address.port or port}"
    sub = None if address.sub is None else start + address.sub
    return Template(address.maker, start + address.main, sub, answers)
