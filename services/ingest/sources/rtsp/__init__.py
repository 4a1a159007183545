"""Cameras over RTSP, by a client of our own: it knows every packet, and decodes nothing that nobody wants.

source.py          the `Source`: waits for access units, decodes them on demand; delivery.py says over which transport
receiver.py        one connected camera: its loop, the waiting, the counting
session.py         one RTSP session, from connecting to its end; keep_alive.py and session_errors.py beside it
conversation.py    requests and what makes them be answered: credentials, a new connection; address.py beside it
connection.py      the RTSP connection: a request, its answer
demultiplexer.py   messages, packets and garbage, told apart; message.py reads a message
sdp_track.py       which stream is taken; sdp.py reads the description, control_urls.py finds the stream's address
media_channels.py  the way of the packets: setup_answer.py reads what the camera agrees to, udp.py has the sockets
"""
