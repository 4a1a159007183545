"""A camera that speaks ONVIF, written from the public WSDLs: real HTTP, real UDP, logins checked as the standard says.

It answers to the few requests that a search sends, and may be as odd as a test needs. It listens where it is made: in
the network namespace of the thread that makes it.
"""

import hashlib
import re
import socket
import ssl
import struct
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from xml.etree import ElementTree as ET

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
}
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
CLOCK_BEARS = timedelta(seconds=5)
OPEN = ("GetSystemDateAndTime", "GetServices", "GetCapabilities")
"""What the standard answers to anybody."""


@dataclass
class OnvifCamera:
    """`asked` are the names of the requests that it did, `refused` counts the logins that were wrong."""

    host: str
    name: str = "Front%20door"
    uuid: str = "7d1c3b5e-0000-4000-8000-00408c000001"
    login: tuple[str, str] | None = None
    way: Literal["token", "http", "basic"] = "token"
    """With the last one it challenges as for Basic, which no camera should have, and accepts a token."""
    refusal: str = (
        "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    )
    """What is in its fault, and the status of that."""
    refusal_status: int = 400
    answers_anybody: tuple[str, ...] = OPEN
    clock_off: timedelta = timedelta()
    clock_lie: timedelta = timedelta()
    """It tells as much more than it goes by."""
    knows_media2: bool = False
    knows_services: bool = True
    unknown: tuple[str, ...] = ()
    """Requests that are not for this port."""
    profiles: tuple[tuple[str, int, int], ...] = (("sub", 640, 360), ("main", 2560, 1440))
    probe_addresses: str = "http://{host}:{port}/onvif/device_service"
    media_address: str = "http://{host}:{port}/onvif/media"
    stream: str = "rtsp://{host}:554/{token}?a=1&amp;b=2"
    picture: str = "http://{host}/still.jpg"
    facts: tuple[str, str] = ("ACME", "C-1")
    answer: bytes | None = None
    """In place of every answer of HTTP's."""
    authorizations: list[str] = field(default_factory=list)
    """Those that HTTP's requests had."""
    also_known: "list[OnvifCamera]" = field(default_factory=list)
    """It answers for these, too, when it is asked who is there."""
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    port: int = 0

    def envelope(self, body: str) -> bytes:
        names = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())
        return f'<?xml version="1.0"?><s:Envelope {names}><s:Body>{body}</s:Body></s:Envelope>'.encode()

    def does(self, request: str, root: ET.Element) -> str:
        told = getattr(self, f"do_{request}")(root)
        prefix = "tr2" if "ver20" in root[-1][0].tag else "trt" if "media" in root[-1][0].tag else "tds"
        return f"<{prefix}:{request}Response>{told}</{prefix}:{request}Response>"

    def do_GetSystemDateAndTime(self, _root: Any) -> str:  # noqa: N802 named as in the standard
        now = datetime.now(UTC) + self.clock_off + self.clock_lie
        time = f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
        date = f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
        return (
            "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false"
            f"</tt:DaylightSavings><tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime>"
        )

    def do_GetDeviceInformation(self, _root: Any) -> str:  # noqa: N802
        return (
            f"<tds:Manufacturer>{self.facts[0]}</tds:Manufacturer><tds:Model>{self.facts[1]}</tds:Model>"
            "<tds:FirmwareVersion>1</tds:FirmwareVersion><tds:SerialNumber>1</tds:SerialNumber>"
            "<tds:HardwareId>1</tds:HardwareId>"
        )

    def do_GetServices(self, _root: Any) -> str:  # noqa: N802
        kinds = ["tds", "trt"] + ["tr2"] * self.knows_media2
        version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>0</tt:Minor></tds:Version>"
        return "".join(
            f"<tds:Service><tds:Namespace>{NAMES[kind]}</tds:Namespace><tds:XAddr>{self._filled(self.media_address)}"
            f"</tds:XAddr>{version}</tds:Service>"
            for kind in kinds
        )

    def do_GetCapabilities(self, _root: Any) -> str:  # noqa: N802
        return (
            "<tds:Capabilities><tt:Media>"
            f"<tt:XAddr>{self._filled(self.media_address)}</tt:XAddr></tt:Media></tds:Capabilities>"
        )

    def do_GetProfiles(self, root: ET.Element) -> str:  # noqa: N802
        is_new = "ver20" in root[-1][0].tag
        return "".join(self._profile(*of, is_new=is_new) for of in self.profiles)

    def do_GetStreamUri(self, root: ET.Element) -> str:  # noqa: N802
        token = next(each.text for each in root.iter() if each.tag.endswith("}ProfileToken"))
        url = self._filled(self.stream, token=token)
        if "ver20" in root[-1][0].tag:
            return f"<tr2:Uri>{url}</tr2:Uri>"
        return f"<trt:MediaUri><tt:Uri>{url}</tt:Uri></trt:MediaUri>"

    def do_GetSnapshotUri(self, root: ET.Element) -> str:  # noqa: N802
        url = self._filled(self.picture)
        if "ver20" in root[-1][0].tag:
            return f"<tr2:Uri>{url}</tr2:Uri>"
        return f"<trt:MediaUri><tt:Uri>{url}</tt:Uri></trt:MediaUri>"

    def _profile(self, token: str, width: int, height: int, *, is_new: bool) -> str:
        size = f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
        source = "<tt:Name>S</tt:Name><tt:UseCount>1</tt:UseCount><tt:SourceToken>lens</tt:SourceToken>"
        if is_new:
            encoder = f"<tt:Encoding>H265</tt:Encoding>{size}<tt:RateControl><tt:FrameRateLimit>20</tt:FrameRateLimit>"
            return (
                f'<tr2:Profiles token="{token}" fixed="true"><tr2:Name>P</tr2:Name><tr2:Configurations>'
                f'<tr2:VideoSource token="s">{source}</tr2:VideoSource><tr2:VideoEncoder token="e">{encoder}'
                "</tt:RateControl></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>"
            )
        encoder = f"<tt:Encoding>H264</tt:Encoding>{size}<tt:RateControl><tt:FrameRateLimit>20</tt:FrameRateLimit>"
        return (
            f'<trt:Profiles token="{token}"><tt:Name>P</tt:Name><tt:VideoSourceConfiguration token="s">{source}'
            f'</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="e">{encoder}</tt:RateControl>'
            "</tt:VideoEncoderConfiguration></trt:Profiles>"
        )

    def _filled(self, text: str, **others: Any) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return text.format(host=host, port=self.port, **others)

    def accepts_token(self, root: ET.Element) -> bool:
        """By its own clock, as the standard says."""
        token = root.find(f".//{WSSE}UsernameToken")
        if token is None or self.login is None:
            return False
        created = str(token.findtext(f"{WSU}Created"))
        now = datetime.now(UTC) + self.clock_off
        nonce = b64decode(str(token.findtext(f"{WSSE}Nonce")))
        wanted = hashlib.sha1(nonce + created.encode() + self.login[1].encode()).digest()  # noqa: S324 the standard's
        is_good = (
            token.findtext(f"{WSSE}Username") == self.login[0]
            and b64decode(str(token.findtext(f"{WSSE}Password"))) == wanted
            and abs(datetime.fromisoformat(created) - now) < CLOCK_BEARS
        )
        self.refused += not is_good
        return is_good

    def accepts_http(self, field_: str) -> bool:
        """RFC 7616, with MD5."""
        if not field_ or self.login is None:
            return False
        parts = dict(re.findall(r'(\w+)="?([^",]*)', field_))

        def digest(*texts: str) -> str:
            return hashlib.md5(":".join(texts).encode()).hexdigest()  # noqa: S324 cameras have no other

        user = digest(self.login[0], "cam", self.login[1])
        request = digest("POST", parts["uri"])
        is_good: bool = parts["response"] == digest(user, "n1", parts["nc"], parts["cnonce"], "auth", request)
        self.refused += not is_good
        return is_good

    def probe_match(self, relates_to: str) -> bytes:
        names = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())
        return (
            f'<?xml version="1.0"?><s:Envelope {names}><s:Header><a:RelatesTo>{relates_to}</a:RelatesTo></s:Header>'
            "<s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference>"
            f"<a:Address>urn:uuid:{self.uuid}</a:Address></a:EndpointReference>"
            "<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>"
            f"<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{self.name}</d:Scopes>"
            f"<d:XAddrs>{self._filled(self.probe_addresses)}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
            "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
        ).encode()


def _handler(camera: OnvifCamera) -> type[BaseHTTPRequestHandler]:  # noqa: C901 one class, for one camera
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            if camera.answer is not None:
                with suppress(OSError):
                    self.wfile.write(camera.answer)
                self.close_connection = True
                return
            data = self.rfile.read(int(self.headers["Content-Length"]))
            root = ET.fromstring(data)  # noqa: S314 our own client's
            request = root[-1][0].tag.rpartition("}")[2]
            camera.authorizations += self.headers.get_all("Authorization", [])
            if camera.login is not None and request not in camera.answers_anybody and not self._is_let_in(root):
                return
            if request == "GetServices" and not camera.knows_services:
                self._send(500, camera.envelope("<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault>"))
                return
            if request in camera.unknown:
                self._send(404, b"")
                return
            camera.asked.append(request)
            self._send(200, camera.envelope(camera.does(request, root)))

        def _is_let_in(self, root: ET.Element) -> bool:
            if camera.way == "http":
                if camera.accepts_http(self.headers.get("Authorization", "")):
                    return True
                self._send(401, b"", ("WWW-Authenticate", 'Digest realm="cam", nonce="n1", qop="auth"'))
                return False
            if camera.accepts_token(root):
                return True
            if camera.way == "basic":
                self._send(401, b"", ("WWW-Authenticate", 'Basic realm="cam"'))
            else:
                self._send(camera.refusal_status, camera.envelope(f"<s:Fault>{camera.refusal}</s:Fault>"))
            return False

        def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in (*headers, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(timestamp or time.time() + camera.clock_off.total_seconds())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the library's name
            pass

    return Handler


class _Ipv6Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@contextmanager
def plugged_in(
    camera: OnvifCamera, *, hears: bool = True, port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[OnvifCamera]:
    """`hears`: it answers to the question who is there. A `tls` is the server's: it then speaks HTTPS alone."""
    server: ThreadingHTTPServer
    if ":" in camera.host:
        server = _Ipv6Server(("::", port), _handler(camera))
    else:
        server = ThreadingHTTPServer((camera.host, port), _handler(camera))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    camera.port = server.server_address[1]
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,))]
    ear = socket.socket(server.address_family, socket.SOCK_DGRAM)
    stop = threading.Event()
    if hears:
        _prick_up(ear, camera.host)
        threads.append(threading.Thread(target=_hear, args=(camera, ear, stop)))
    for thread in threads:
        thread.start()
    try:
        yield camera
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()
        ear.close()


def _prick_up(ear: socket.socket, host: str) -> None:
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if ear.family == socket.AF_INET6:
        ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    ear.bind(("", 3702))
    with suppress(OSError):  # a host alone has no network for it
        if ear.family == socket.AF_INET6:
            group = struct.pack("=16si", socket.inet_pton(socket.AF_INET6, "ff02::c"), socket.if_nametoindex("wire"))
            ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        else:
            group = struct.pack("4s4s", socket.inet_aton("239.255.255.250"), socket.inet_aton(host))
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
    ear.settimeout(0.05)


def _hear(camera: OnvifCamera, ear: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        with suppress(TimeoutError):
            data, sender = ear.recvfrom(65_536)
            root = ET.fromstring(data)  # noqa: S314 our own client's
            found = root.find(f".//{{{NAMES['a']}}}MessageID")
            if found is not None and root.find(f".//{{{NAMES['d']}}}Probe") is not None:
                for one in (camera, *camera.also_known):
                    ear.sendto(one.probe_match(str(found.text)), sender)
