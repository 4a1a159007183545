"""RTP: a camera's packets become access units. Pure, no sockets.

packet.py           one packet, and its payload
reorder_buffer.py   datagrams into order
assembler.py        packets into access units, with every loss known
payload_formats.py  what a codec must say of its payloads;  h264.py, h265.py, rtp_jpeg.py do
rtcp.py             what we report to the camera
"""
