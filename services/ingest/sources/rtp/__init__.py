"""RTP: a camera's packets become access units. Pure, no sockets.

packet.py           one packet, and its payload
reorder_buffer.py   datagrams into order
assembler.py        packets into access units, with every loss known
own_sender.py       which sender is the camera's stream
unit_builder.py     payloads into access units: where a picture begins and ends
payload_formats.py  what a codec must say of its payloads;  h264.py, h265.py, rtp_jpeg.py do
numbered_units.py   payloads with decoding order numbers into access units;  decoding_order.py puts them in order,
                    h264_interleaved.py and h265_numbered.py find them
nal_units.py        what h264.py and h265.py share;  sei.py reads the messages beside pictures
jpeg_size.py        the size of JPEGs that do not fit into RTP's own header
rtcp.py             what we report to the camera
"""
