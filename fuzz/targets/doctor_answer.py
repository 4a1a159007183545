"""What a server answers to `framecast doctor`: the address may be mistyped, and anybody's server stand there."""

import contextlib
import http.client
import io
import json
from collections.abc import Iterator
from typing import Any, Final
from unittest.mock import patch

from fuzz.pieces import records_in
from services.doctor import visit as visiting
from services.doctor.__main__ import tell
from services.doctor.address import PageAddress
from services.doctor.visit import Secret, visit
from services.doctor.web import CannotLookError
from shared.checkup.finding import Finding, in_order

HANDLED: Final = ()
MAX_BYTES: Final = 8192
PAGE: Final = PageAddress(is_https=False, host="127.0.0.1", port=8001, base="/cams")
SECRET: Final[Secret] = ("token", "of nobody")


class _Socket:
    """Takes a request, and has one answer."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._answer)

    def sendall(self, _data: bytes) -> None: ...

    def settimeout(self, _seconds: float) -> None: ...

    def close(self) -> None: ...


def _connection(answers: Iterator[bytes]) -> type[http.client.HTTPConnection]:
    class Connection(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock: Any = _Socket(next(answers, b""))

    return Connection


def read(data: bytes) -> None:
    """Each answer is a record, and behind the last one there is silence. The doctor says what it makes of them: on a
    terminal a line for each finding, or as JSON, and nothing in either that a terminal would obey.
    """
    connection = _connection(records_in(data))
    with patch.object(http.client, "HTTPConnection", connection), patch.object(visiting, "RETRY_SECONDS", 0.0):
        try:
            findings = visit(PAGE, lambda: SECRET)
        except CannotLookError as error:
            findings = [error.finding]
    _check_told(in_order(findings))


def _check_told(findings: list[Finding]) -> None:
    assert findings
    for as_json in (True, False):
        written = io.BytesIO()
        with io.TextIOWrapper(written, "utf-8", write_through=True) as terminal:
            with contextlib.redirect_stdout(terminal):
                tell(PAGE, findings, 1, as_json=as_json)
            told = written.getvalue().decode()
        assert all(line.isprintable() for line in told.split("\n"))
        if as_json:
            assert len(json.loads(told)["findings"]) == len(findings)
