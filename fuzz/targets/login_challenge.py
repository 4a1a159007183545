"""A camera's challenge: the `WWW-Authenticate` of its 401, over RTSP and over HTTP."""

from typing import Final

from fuzz.pieces import as_text
from services.ingest.sources.authentication import Credentials, challenges_in

HANDLED: Final = ()
PASSWORD: Final = "correct horse"  # noqa: S105 of nobody


def read(data: bytes) -> None:
    """A Digest's answer never holds the password, and no answer can end its line in a request."""
    texts = [" ".join(part.split()) for part in as_text(data).split("\n")]
    credentials = Credentials("user", PASSWORD)
    for text in texts:
        headers = {"www-authenticate": text}
        found = challenges_in(headers)
        assert credentials.handle_401(headers) <= bool(found)
        answer: dict[str, str] = {}
        credentials.make_auth("DESCRIBE", "rtsp://192.0.2.1/", answer)
        assert bool(answer) or not found
        for value in answer.values():
            assert "\n" not in value
            assert "\r" not in value
            assert PASSWORD not in value
        credentials.handle_ok({})
