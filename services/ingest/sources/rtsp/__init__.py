"""Cameras over RTSP, spoken by ourselves: every packet is known, and nothing is decoded that nobody wants.

source.py       the `Source`: waits for access units, decodes them when asked
reception.py    what comes from one opened camera: the loop, the waiting, the counting
session.py      one conversation with the camera, from connecting to its end
connection.py   the RTSP connection and what is interleaved in it;  auth.py, address.py, udp.py, rtcp.py beside it
rtp.py          packets to access units;  payloads.py, h264.py, h265.py, rtp_jpeg.py: what is in them;  track.py
pending.py      the access units since the last key frame;  unit_pictures.py, decoder.py: which are shown
"""

from services.ingest.sources.rtsp.source import RtspSource

__all__ = ["RtspSource"]
