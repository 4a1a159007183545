"""docs/limits.md says what the code does, and what each refusal says."""

import re
from pathlib import Path

import pytest
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS

from services.archiver.api import turns
from services.archiver.api.frames import capture_limit, days, downloads, index, sprite_sheets, zip_stream
from services.archiver.capture.recorder import MAX_REMEMBERED
from services.archiver.timelapse import queue
from services.ingest.access import guess_limit, judging_thread, setup_codes, tokens
from services.ingest.camera.state import MAX_NEWS, NEWS_SECONDS
from services.stream.__main__ import USUAL_MAX_VIEWERS
from services.stream.api.archive_proxy import MAX_CONNECTIONS
from services.stream.api.share_links import LONGEST_SECONDS
from services.stream.api.websocket import MAX_CAMERAS, WINDOW
from services.stream.base import texts
from services.stream.fanout import recompression
from services.stream.gateway import balancer
from services.stream.settings import StreamSettings
from shared.access import throttle
from shared.bus import access_state, status
from shared.line_limit import MAX_LINES_OF_A_KIND, MAX_LINES_PER_SECOND
from shared.web import paced_protocol, protocol, server, websocket_protocol
from shared.web.access.roles import Role
from shared.web.access.signing import SESSION_SECONDS
from shared.web.body_limit import MAX_BODY_BYTES
from shared.web.client_log import LIMIT_SECONDS
from shared.web.loop_share import STEPS_PER_TURN
from shared.web.texts import (
    body_too_large,
    body_too_slow,
    framing_too_large,
    head_too_large,
    head_too_slow,
    too_many_attempts,
    too_many_fields,
    too_many_fragments,
    too_many_pings,
    too_many_query_fields,
)
from tests.support.settings_page import names_on_the_page

PAGE = (Path(__file__).parents[1] / "docs/limits.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
SETTINGS = StreamSettings()
DAY_SECONDS = 24 * 3600
NUMBERS = {
    "viewers of one replica": f"{USUAL_MAX_VIEWERS:,}",
    "streams of one address, on one replica": f"{SETTINGS.stream_max_viewers_per_address};",
    "a viewer that takes nothing in": f"{SETTINGS.viewer_stall_seconds} s",
    "connections that wait at the gateway while no replica takes them": f"{balancer.MAX_WAITING:,}",
    "how long they wait there": f"{balancer.WAIT_SECONDS:.0f} s",
    "cameras of one socket": str(MAX_CAMERAS),
    "pictures in flight for each camera of a socket": str(WINDOW),
    "marked pictures drawn for a size of a camera": "one a problem",
    "snapshots of a lower quality, of each size of a camera and each ten qualities": (
        {1.0: "one a second"}[recompression.KEPT_SECONDS]
    ),
    "such snapshots, and marked pictures, made at a time": "1,",
    "requests of one address that stream is forwarding": f"{SETTINGS.stream_max_viewers_per_address};",
    "requests that one replica is forwarding": f"{MAX_CONNECTIONS:,}",
    "requests that compute much (sheets, days, index, gaps, retention, estimates), of one kind and one address": (
        f"{turns.AT_ONCE} at a time in all, {turns.MAX_WAITING} waiting"
    ),
    "quick requests (what is told of one picture, lists, images, thumbnails), of one kind and one address": (
        f"{turns.QUICK_AT_ONCE} at a time in all, {turns.QUICK_WAITING} waiting"
    ),
    "zip files that one address downloads": f"{downloads.MOST_OF_ONE}",
    "zip files that all download": f"{downloads.MOST_DOWNLOADS}",
    "manual captures of one address, in a minute": f"{capture_limit.MOST_A_MINUTE}",
    "manual captures under way": f"{capture_limit.MOST_UNDER_WAY}",
    "pictures in one list of all (`index`)": f"{index.MOST_INDEXED:,}",
    "small pictures in one sheet (`sprites`)": f"{sprite_sheets.MOST_FRAMES}",
    "days in one answer (`days`)": f"{days.MOST_DAYS}",
    "pictures in one zip file": f"{zip_stream.MOST_FRAMES:,}",
    "time-lapses that wait": f"{queue.MOST_WAITING}",
    "time for a request's head": f"{protocol.HEAD_SECONDS:.0f} s",
    "size of a request's head": f"{protocol.MAX_HEAD_BYTES // 1024} KiB",
    "fields of a request's head": f"{protocol.MAX_FIELDS}",
    "fields of a request's query": f"{protocol.MAX_FIELDS}",
    "time for a request's body": f"{protocol.BODY_SECONDS:.0f} s",
    "size of a request's body": f"{MAX_BODY_BYTES // 1024} KiB",
    "idle connections of one process": f"{protocol.MAX_IDLE_CONNECTIONS:,}",
    "trailers and chunk extensions of a body": f"{protocol.MAX_FRAMING_BYTES // 1024} KiB",
    "time between two requests of a connection": f"{server.IDLE_SECONDS} s",
    "time for the answer after the client has ended its sending": f"{paced_protocol.HALF_CLOSED_SECONDS:g} s;",
    "an answer that the client leaves unread": f"{HIGH_WATER_LIMIT // 1024} KiB",
    "requests, and pieces of 2 KiB, that a process takes in at once": f"{STEPS_PER_TURN}",
    "size of a client's message on a socket": f"{server.MAX_MESSAGE_BYTES:,} bytes",
    "handshake of a socket": f"{MAX_NUM_HEADERS} fields, and {MAX_LINE_LENGTH // 1024} KiB in each line",
    "fragments of such a message": f"{websocket_protocol.MAX_FRAGMENTS}",
    "pings and pongs of a client on a socket, in a minute": f"{websocket_protocol.MAX_CONTROL_FRAMES}",
    "wrong passwords of one address before it has to wait": f"{throttle.FREE_FAILURES}",
    "the same for a whole IPv6 site (/48)": f"{throttle.FREE_SITE_FAILURES}",
    "the longest wait": f"{throttle.LONGEST_WAIT_SECONDS:.0f} s",
    "how long wrong passwords are remembered": f"{throttle.FORGET_SECONDS / 60:.0f} minutes",
    "a session": f"{SESSION_SECONDS // DAY_SECONDS} days",
    "wrong passwords and codes of all addresses together, at ingest": (
        f"{guess_limit.FREE_IN_ALL}, then one every {guess_limit.SECONDS_FOR_EACH:.0f} s"
    ),
    "passwords that wait for ingest to judge them": f"{judging_thread.MAX_WAITING}",
    "a setup code": (
        f"{setup_codes.SECONDS // 60} minutes; the one of a fresh start " + {3600: "an hour"}[setup_codes.FRESH_SECONDS]
    ),
    "sessions that ingest keeps": f"{access_state.MAX_SESSIONS}",
    "access tokens": f"{access_state.MAX_TOKENS}",
    "cameras of an access token, unless it is for all": f"{access_state.MAX_CAMERAS_OF_A_TOKEN}",
    "links that ingest keeps": f"{access_state.MAX_LINKS:,}",
    "of these, links that viewers made": f"{tokens.MAX_VIEWER_LINKS}",
    "a viewer's share link": f"{LONGEST_SECONDS[Role.VIEWER] // 3600} hours",
    "an operator's share link": f"{LONGEST_SECONDS[Role.OPERATOR] // DAY_SECONDS} days",
    "lines `login failed` of one address": "one a second",
    "lines `limit met` of one address and limit": "one an hour",
    "lines of one kind from the web server's libraries": "one a second",
    "lines of each of these three in all": f"{MAX_LINES_PER_SECOND} a second",
    "lines of any other kind in one process": f"{MAX_LINES_OF_A_KIND} a second;",
    "other words for the same trouble of one camera": f"{MAX_NEWS} in {NEWS_SECONDS:.0f} s,",
    "cameras that one replica and one archiver know": f"{status.MAX_CAMERAS:,};",
    "cameras that an archiver only remembers": f"{MAX_REMEMBERED}",
}


def test_every_limit_on_the_page_has_the_number_of_the_code() -> None:
    """And the page has no limit that this test does not know."""
    shown = {row[0]: row[1] for row in ROWS if row[0] not in ("limit", "---")}
    assert shown.keys() == NUMBERS.keys()
    for limit, number in NUMBERS.items():
        assert re.match(rf"{re.escape(number)}(?!\d)", shown[limit]), limit
    assert LIMIT_SECONDS == 3600


def test_every_setting_on_the_page_exists() -> None:
    """Whoever meets a limit looks for it."""
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", PAGE))
    assert len(named) >= 3
    assert named <= names_on_the_page()


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        (texts.server_full(77), "STREAM_MAX_VIEWERS"),
        (texts.address_full(77), "STREAM_MAX_VIEWERS_PER_ADDRESS"),
        (texts.archive_address_full(77), "STREAM_MAX_VIEWERS_PER_ADDRESS"),
        (texts.archive_full(77), ""),
        (texts.socket_full(77), ""),
        (body_too_large(77 * 1024), ""),
        (head_too_large(77 * 1024), ""),
        (framing_too_large(77 * 1024), ""),
        (too_many_fields(77), ""),
        (too_many_query_fields(77), ""),
        (head_too_slow(77), ""),
        (body_too_slow(77), ""),
        (too_many_fragments(77), ""),
        (too_many_pings(77, 60), ""),
        (too_many_attempts(77, 3), ""),
    ],
)
def test_a_refusal_says_the_number_and_the_setting(words: str, setting: str) -> None:
    """A person knows what to change, and whom to ask."""
    assert "77" in words
    assert set(re.findall(r"[A-Z_]{8,}", words)) == ({setting} if setting else set())
    assert len(words.encode()) <= 123 or "passwords" in words or "archive" in words, "it fits into a socket's close"
