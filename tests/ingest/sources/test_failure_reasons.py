"""The words for a camera's failure: each says what happened and what to do."""

import ssl

import pytest

from services.ingest.settings import CameraEnvironment
from services.ingest.sources import SourceRefusedError, SourceUnavailableError, SourceUnsupportedError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.refusals import login_error, status_error
from shared.bus.status import MAX_WORDS
from shared.settings import variable_name

WORDS = {name: words for name, words in vars(failure_reasons).items() if isinstance(words, str) and name.isupper()}
PASSWORD = "pa55word"  # noqa: S105 of a camera that does not exist


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_name_only_settings_that_exist(words: str) -> None:
    """Whoever reads them goes and looks for that setting."""
    known = {variable_name(CameraEnvironment, name) for name in CameraEnvironment.model_fields}
    named = {word.strip(".,;:()") for word in words.replace("=", " ").split() if word.strip("(").startswith("CAMERA_")}
    assert named <= known


@pytest.mark.parametrize(("transport", "other"), [("tcp", "udp"), ("udp", "tcp")])
def test_words_about_a_transport_name_the_one_in_use_and_the_other(transport: str, other: str) -> None:
    """Else nobody finds the setting that helps."""
    for words in (failure_reasons.nothing_came(transport), failure_reasons.wrong_transport(transport, "461")):
        assert f"by {transport.upper()}" in words
        assert f"CAMERA_RTSP_TRANSPORT={other}" in words


@pytest.mark.parametrize(
    ("username", "password", "part"),
    [
        ("", "", "none is set"),
        ("viewer", PASSWORD, "refused the user name or password"),
        ("viewer", "gehöim", "a way of their own"),
        ("viewer", "a%40b", "percent-encoding"),
        ("viewer", f"{PASSWORD}\n", "a space or a line break"),
    ],
)
def test_a_refused_login_is_told_by_what_may_be_wrong_with_it(username: str, password: str, part: str) -> None:
    """None was set, it is wrong, or its characters are those that cameras disagree about."""
    error = login_error(401, ConnectionOptions("rtsp://camera/", username, password))
    assert part in str(error)
    assert not password or password not in str(error)


def test_a_forbidden_address_is_no_wrong_password() -> None:
    """The user may lack a right. Without a login, that is what is missing."""
    assert str(login_error(403, ConnectionOptions("rtsp://camera/", "viewer", PASSWORD))) == failure_reasons.FORBIDDEN
    assert str(login_error(403, ConnectionOptions("rtsp://camera/"))) == failure_reasons.LOGIN_WANTED
    unknown = login_error(401, ConnectionOptions("rtsp://camera/", "viewer", PASSWORD), is_known=False)
    assert str(unknown) == failure_reasons.LOGIN_UNKNOWN


@pytest.mark.parametrize(
    ("status", "request_name", "part", "kind"),
    [
        (404, "DESCRIBE", "no stream at this path", SourceRefusedError),
        (404, "PLAY", "says to PLAY: 404 Words", SourceUnsupportedError),
        (453, "SETUP", "too many viewers", SourceRefusedError),
        (503, "DESCRIBE", "too many viewers", SourceRefusedError),
        (461, "SETUP", "does not send by TCP", SourceUnsupportedError),
        (500, "DESCRIBE", "says to DESCRIBE: 500 Words", SourceUnavailableError),
        (551, "PLAY", "says to PLAY: 551 Words", SourceUnsupportedError),
    ],
)
def test_a_status_is_told_in_words(
    status: int, request_name: str, part: str, kind: type[SourceUnavailableError]
) -> None:
    """Nobody needs to know that 453 means too many viewers."""
    error = status_error(status, "Words", ConnectionOptions("rtsp://camera/"), request_name)
    assert part in str(error)
    assert type(error) is kind


@pytest.mark.parametrize(
    ("code", "words"),
    [(10, failure_reasons.EXPIRED), (62, failure_reasons.WRONG_NAME), (18, failure_reasons.UNTRUSTED)],
)
def test_a_certificate_is_told_by_what_is_wrong_with_it(code: int, words: str) -> None:
    """Each has another remedy."""
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    assert failure_reasons.untrusted(error) == words


def test_the_words_of_both_readers_fit_into_a_status() -> None:
    """A cut sentence would lack what to do."""
    longest = max(WORDS.values(), key=len)
    assert len(failure_reasons.of_both(longest, longest + "!")) < MAX_WORDS
