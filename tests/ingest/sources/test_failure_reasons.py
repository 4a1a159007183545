"""The words for a camera's failure: each says what happened and what to do."""

import pytest

from services.ingest.settings import CameraEnvironment
from services.ingest.sources import (
    SourceRefusedError,
    SourceUnavailableError,
    SourceUnsupportedError,
    certificate_reasons,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import failures
from services.ingest.sources.refusals import login_error, status_error
from shared.bus.status import MAX_WORDS
from shared.settings import variable_name

WORDS = {
    name: words
    for module in (failure_reasons, certificate_reasons, failures)
    for name, words in vars(module).items()
    if isinstance(words, str) and name.isupper() and not name.startswith("_")
}
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
        ("", PASSWORD, "a password is set, but no user name"),
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


def test_the_words_of_both_readers_fit_into_a_status() -> None:
    """A cut sentence would lack what to do."""
    longest = max(WORDS.values(), key=len)
    assert len(failure_reasons.of_both(longest, longest + "!")) < MAX_WORDS


CLEAR = {
    *("CONNECTION_REFUSED", "UNKNOWN_HOST", "NETWORK_UNREACHABLE", "HOST_UNREACHABLE", "NO_ANSWER", "NO_ANSWER_BY_TLS"),
    *("CLOSED_AT_ONCE", "CLOSED_AT_ONCE_BY_TLS", "NO_TLS", "NOT_RTSP", "NOT_HTTP", "WEB_SERVER", "WEB_PAGE"),
    *("SPEAKS_TLS", "NO_UDP_PORT", "NO_STREAM", "NO_VIDEO", "PLAYLIST", "REDIRECTED", "MAY_BE_REDIRECTED", "TOO_BUSY"),
    *(
        "REFUSED",
        "METADATA_SERVICE",
        "LOGIN_WANTED",
        "NO_USERNAME",
        "FORBIDDEN",
        "ODD_CHARACTERS",
        "ENCODED_CHARACTERS",
        "BLANK_CHARACTERS",
    ),
    *("NO_CA_FILE", "UNTRUSTED", "WRONG_NAME", "EXPIRED", "NOT_YET_VALID", "SELF_SIGNED"),
    # A camera that was live is lost: most often it is switched off, or its cable is out.
    *("CLOSED", "ENDED", "STOPPED"),
    *("STILL_OPENING", "WAITS_FOR_KEY_FRAME", "LOST_PACKETS", "TOO_SLOW", "COME_LATE"),
}
UNCLEAR = {
    *("NOT_UNDERSTOOD", "GARBAGE", "UNREADABLE", "LONG_DESCRIPTION", "LOGIN_UNKNOWN"),
    *("OTHER_VIDEO", "UNDECODED_VIDEO", "NO_CLEAN_PICTURE", "NO_KEY_FRAME"),
    *("STRANGE", "NO_JPEG", "TOO_LARGE", "NOTHING_CAME", "REDIRECT_LOOP", "REDIRECTED_NOWHERE"),
}
PARTS = {"RECORD", "CANT_BE_OPENED", "HAS_WAITED"}
"""Words that are never told alone."""


def test_words_lead_to_a_recording_where_the_cause_is_not_clear_and_only_there() -> None:
    """A new kind of failure belongs to one of the two sides."""
    assert set(WORDS) == CLEAR | UNCLEAR | PARTS
    assert {name for name, words in WORDS.items() if words.endswith(failure_reasons.RECORD)} - PARTS == UNCLEAR
    assert not any(failure_reasons.RECORD in WORDS[name] for name in CLEAR)


OPTIONS = ConnectionOptions("rtsp://camera/", "viewer", PASSWORD)


@pytest.mark.parametrize(
    ("words", "is_clear"),
    [
        (failure_reasons.nothing_came("tcp"), False),
        (failure_reasons.nothing_came("udp"), False),
        (failure_reasons.unanswered("DESCRIBE", 15), False),
        (failure_reasons.refused_request("PLAY", "551 Option not supported"), False),
        (failure_reasons.ffmpeg_says("Invalid data found when processing input"), False),
        (failure_reasons.ffmpeg_says(None), False),
        (str(status_error(500, "Oops", OPTIONS, "DESCRIBE")), False),
        (str(status_error(404, "Not Found", OPTIONS, "PLAY")), False),
        (str(failures.refusal(418, "Teapot", OPTIONS)), False),
        (str(failures.failure_of(ValueError())), True),
        (str(failures.refusal(503, "Busy", OPTIONS)), True),
        (str(failures.refusal(403, "No", OPTIONS)), True),
        (str(status_error(404, "Not Found", OPTIONS, "DESCRIBE")), True),
        (str(status_error(453, "Not Enough Bandwidth", OPTIONS, "SETUP")), True),
        (str(status_error(461, "Unsupported", OPTIONS, "SETUP")), True),
        (str(login_error(401, OPTIONS)), True),
        (failure_reasons.refused_transport("tcp", "it answers 461"), True),
    ],
)
def test_words_made_of_what_the_camera_says_lead_to_a_recording_too(words: str, *, is_clear: bool) -> None:
    """Once, and at their end."""
    assert words.count(failure_reasons.RECORD) == (not is_clear)
    assert is_clear or words.endswith(f" {failure_reasons.RECORD}")


def test_the_words_of_both_readers_lead_to_one_recording() -> None:
    """Where either does not know why."""
    unclear, clear = failure_reasons.NOT_UNDERSTOOD, failure_reasons.NO_VIDEO
    for pair in ((unclear, clear), (clear, unclear), (unclear, failure_reasons.GARBAGE)):
        told = failure_reasons.of_both(*pair)
        assert told.count(failure_reasons.RECORD) == 1
        assert told.endswith(f" {failure_reasons.RECORD}")
    assert failure_reasons.RECORD not in failure_reasons.of_both(clear, failure_reasons.CLOSED)
