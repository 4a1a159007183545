"""Cameras over HTTP. One client asks for all of them; what they answer decides who reads it.

source.py          the `Source`: asks, and chooses the reader by the answer;  content.py beside it
jpeg_stream.py     one JPEG after the other in one answer;  multipart.py, jpeg_end.py beside it
still_images.py    an address that is a single JPEG, asked for again and again
demuxed_video.py   FLV, transport streams and others, which FFmpeg takes apart
client.py          redirects, login, TLS;  address.py, connection.py, response.py, camera_socket.py beside it
"""

from services.ingest.sources.http.source import HttpSource

__all__ = ["HttpSource"]
