"""A camera that wants a login, and repeats it and all addresses wherever a camera might."""

import hashlib
import time
from base64 import b64encode
from typing import Final
from urllib.parse import quote

from tests.odd_cameras.camera import PLACE, Camera, Link, Request

USERNAME: Final = "wächter"
PASSWORD: Final = "p@ss:w/rd#1% ü"  # noqa: S105 of a camera in this process
SERIAL: Final = "3C0A1B2PAZ12345"
TOKEN: Final = "t0kenvalue"  # noqa: S105 a secret of the test's own
MAC: Final = "ac:cc:8e:01:02:03"
NAME: Final = "camera-garage.fritz.box"
_PAIR: Final = f"{USERNAME}:{PASSWORD}"
FORMS: Final = (
    *(text.encode(charset) for text in (USERNAME, PASSWORD, _PAIR) for charset in ("utf-8", "latin-1")),
    *(quote(text, safe="").encode() for text in (USERNAME, PASSWORD)),
    *(b64encode(text.encode(charset)).rstrip(b"=") for text in (PASSWORD, _PAIR) for charset in ("utf-8", "latin-1")),
    *(PASSWORD.encode(charset).hex().encode() for charset in ("utf-8", "latin-1")),
    *(text.encode() for text in (SERIAL, TOKEN, MAC, NAME, PLACE, "192.168.178.44", "fd00::1:2", "owner@example.org")),
)


class Guarded(Camera):
    """By Digest. It checks that the answer is right."""

    def answer(self, request: Request, link: Link) -> bytes | None:
        if request.method != "OPTIONS" and not self._is_right(request):
            return self.says(
                request,
                "401 Unauthorized",
                [f'WWW-Authenticate: Digest realm="Login to {SERIAL}", nonce="{self._nonce}"'],
            )
        said = super().answer(request, link)
        if said is not None and request.method == "DESCRIBE":
            # In two reads, with the password in the middle.
            middle = said.index(PASSWORD.encode("latin-1")) + 3
            link.send(said[:middle])
            time.sleep(0.05)
            return said[middle:]
        return said

    def describe_headers(self) -> list[str]:
        place = self.url.partition("://")[2]
        login = f"{quote(USERNAME)}:{quote(PASSWORD, safe='')}"
        return [
            f"Content-Base: rtsp://{login}@{place}/?token={TOKEN}",
            f"X-Debug: user {USERNAME}, password {PASSWORD}, {b64encode(_PAIR.encode()).decode()}".encode().decode(
                "latin-1"
            ),
            f"X-Hex: {PASSWORD.encode().hex()} {b64encode(_PAIR.encode('latin-1')).decode()}",
            f"Server: Cam/1.0 ({MAC}; 192.168.178.44; {NAME})",
            f"X-Home: http://{NAME}:8080/{SERIAL}/index.html?id=1234567",
        ]

    def media(self) -> list[str]:
        return [
            f"i={PASSWORD}",
            "e=owner@example.org",
            "c=IN IP6 fd00::1:2",
            f"a=x-user:{USERNAME} at {PLACE}",
            *super().media()[:-1],
            f"a=control:{self.url}/{SERIAL}/track1",
        ]

    @property
    def _nonce(self) -> str:
        return "0123456789abcdef"

    def _is_right(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if not given:
            return False
        uri = given.split('uri="')[1].split('"')[0]
        user = _hash(f"{USERNAME}:Login to {SERIAL}:{PASSWORD}")
        return _hash(f"{user}:{self._nonce}:{_hash(f'{request.method}:{uri}')}") in given


def _hash(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
