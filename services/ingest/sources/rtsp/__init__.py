"""Cameras over RTSP, by a client of our own: it knows every packet, and decodes nothing that nobody wants.

source.py          the `Source`: waits for access units, decodes them on demand
receiver.py        one connected camera: its loop, the waiting, the counting
session.py         one RTSP session, from connecting to its end;  session_errors.py, sdp_track.py beside it
connection.py      the RTSP connection and the packets interleaved in it;  address.py, auth.py, udp.py beside it
message.py         one message of the camera's, and how much of one we read
"""

from services.ingest.sources.rtsp.source import RtspSource

__all__ = ["RtspSource"]
