"""One HTTP request and its answer, from any address of this machine."""

import http.client
import json
from dataclasses import dataclass
from typing import Final

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        return str(json.loads(self.body)["detail"])


def ask(  # noqa: PLR0913 a request has as many parts
    port: int,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: str | None = None,
    *,
    host: str = LOOPBACK,
    source: str = "",
    reads_body: bool = True,
) -> Answer:
    """The answer's head and body; a stream's head alone, since its body has no end. `source` is the client's address:
    each one of 127.0.0.0/8 is ours.
    """
    connection = http.client.HTTPConnection(host, port, timeout=30, source_address=(source, 0) if source else None)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        endless = names.get("content-type", "").startswith("multipart/")
        return Answer(response.status, names, response.read() if reads_body and not endless else b"")
    finally:
        connection.close()


def answers(port: int, host: str = LOOPBACK) -> bool:
    try:
        return ask(port, "GET", "/healthz", host=host).status == 200
    except OSError:
        return False
