"""Finds cameras on the network, in a process of its own that ends with its answer (docs/decisions/0062).

__main__.py           the process: a request on standard input, lines of JSON on standard output
search.py             whom to ask, how many at once, until when
places.py             which addresses a person's text means, and which may be asked
ws_discovery.py       who is there, by multicast or asked directly: UDP
onvif_device.py       what an ONVIF device tells of itself; soap.py writes requests, onvif_answers.py reads answers
http_post.py          one request over HTTP
rtsp_server.py        what a server of RTSP tells; address_templates.py has makers' addresses
stream_address.py     judges an address that a device names
xml_document.py       reads a stranger's XML
found.py              what is told of a device
"""
