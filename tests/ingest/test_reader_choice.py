"""Which reader an RTSP camera is tried with next, by what happened so far."""

from dataclasses import dataclass, field

import pytest

from services.ingest.reader_choice import FIRST_RETURN_SECONDS, LONGEST_RETURN_SECONDS, UPSETS, Reader, ReaderChoice
from services.ingest.sources import (
    SourceRefusedError,
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUndecodableError,
    SourceUnreachableError,
    SourceUnsupportedError,
    Verdict,
)

READERS_FAILURES = [
    SourceSilentError("no answer"),
    SourceUnavailableError("no pictures"),
    SourceUnsupportedError("odd headers"),
    SourceUndecodableError("nothing decodes"),
]
CAMERAS_OWN_WORD = [
    SourceUnauthorizedError("the password"),
    SourceRefusedError("no such path"),
    SourceUnreachableError("refuses connections"),
]


@dataclass
class Story:
    """A camera's connections, one after the other, at a time that the test moves."""

    now: float = 1000.0
    readers: list[Reader] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.choice = ReaderChoice(lambda: self.now)

    def connection(self, error: SourceUnavailableError | None, *, works: bool = False) -> Verdict:
        self.readers.append(self.choice.reader)
        if works:
            self.choice.worked()
        return self.choice.ended(error)

    def falls_back(self) -> None:
        """The direct reader fails and FFmpeg works."""
        self.connection(SourceUnavailableError("Nothing came."))
        assert self.choice.reader == "ffmpeg"
        self.choice.worked()


@pytest.mark.parametrize("error", READERS_FAILURES, ids=str)
def test_after_a_failure_that_may_be_the_readers_the_other_one_is_tried_once(error: SourceUnavailableError) -> None:
    """Then the pauses grow, and a new round begins with the better reader."""
    story = Story()
    verdicts = [story.connection(error).tries_another for _ in range(4)]
    assert story.readers == ["direct", "ffmpeg", "direct", "ffmpeg"]
    assert verdicts == [True, False, True, False]


@pytest.mark.parametrize("error", CAMERAS_OWN_WORD, ids=str)
def test_the_cameras_own_word_is_no_matter_for_another_reader(error: SourceUnavailableError) -> None:
    """A second attempt with the same wrong password is how accounts get locked."""
    story = Story()
    assert [story.connection(error) for _ in range(3)] == [Verdict(str(error))] * 3
    assert story.readers == ["direct"] * 3


def test_what_works_is_kept_and_said_with_the_reason() -> None:
    """The reason is what the direct reader met, not what ended the last connection."""
    story = Story()
    assert story.choice.notice is None
    story.falls_back()
    assert story.choice.notice is not None
    assert "FFmpeg" in story.choice.notice
    assert "Nothing came." in story.choice.notice
    story.choice.ended(SourceUnavailableError("It was restarted."))
    assert story.choice.reader == "ffmpeg"
    assert story.choice.notice is None, "nothing is known yet of this connection"


def test_a_reader_that_gave_pictures_is_not_blamed_for_a_connection_that_breaks() -> None:
    """Cut cables and restarts would otherwise cost the better reader."""
    story = Story()
    for error in (SourceUnavailableError("It was away."), SourceUnsupportedError("One cut packet.")):
        assert not story.connection(error, works=True).tries_another
    assert story.choice.reader == "direct"


def test_a_stream_that_stops_being_decodable_is_the_other_readers_turn_although_pictures_came() -> None:
    """A camera may begin with a picture that is understood, and go on with what is not."""
    story = Story()
    assert story.connection(SourceUndecodableError("It changed."), works=True).tries_another
    assert story.choice.reader == "ffmpeg"


def test_a_camera_that_can_not_be_understood_again_and_again_is_no_accident() -> None:
    """Within a minute; over a day it is the network."""
    story = Story()
    upset = SourceUnsupportedError("It mumbles.")
    turns = [story.connection(upset, works=True).tries_another for _ in range(UPSETS)]
    assert turns == [*[False] * (UPSETS - 1), True]
    seldom = Story()
    for _ in range(3 * UPSETS):
        assert not seldom.connection(upset, works=True).tries_another
        seldom.now += 3600


def test_a_camera_that_worked_and_now_says_nothing_is_away_itself() -> None:
    """It hangs or restarts: that must not end in the dearer reader."""
    story = Story()
    story.connection(SourceUnavailableError("It stopped."), works=True)
    assert not story.connection(SourceSilentError("no answer")).tries_another
    assert story.readers == ["direct", "direct"]


def test_when_neither_gets_pictures_both_failures_are_told() -> None:
    """The direct reader's first: its words are the more exact ones. The same words are told once."""
    story = Story()
    story.connection(SourceUnavailableError("It does this."))
    assert story.connection(SourceUnavailableError("It does that.")).words == (
        "It does this. With FFmpeg instead: It does that."
    )
    story.connection(SourceUnavailableError("Nothing."))
    assert story.connection(SourceUnavailableError("Nothing.")).words == "Nothing."


def test_the_direct_reader_is_tried_again_when_the_connection_ended_anyway() -> None:
    """Not at once, and ever more seldom, so that a camera it can't read is not dark for its tries."""
    story = Story()
    story.falls_back()
    assert not story.choice.prefers_another
    waits: list[float] = []
    for _ in range(9):
        begun = story.now
        while not story.choice.prefers_another:
            story.now += 10
        waits.append(story.now - begun)
        story.choice.ended(None)
        assert story.choice.reader == "direct"
        story.connection(SourceUnavailableError("Nothing came."))
        assert story.choice.reader == "ffmpeg", "what worked is next"
        story.choice.worked()
    assert waits[:4] == [FIRST_RETURN_SECONDS * n for n in (1, 2, 4, 8)]
    assert waits[-1] == LONGEST_RETURN_SECONDS


def test_a_broken_connection_of_ffmpegs_is_the_chance_of_the_direct_reader() -> None:
    """Nobody loses a picture that was not lost already. If it works again, the next failure costs a minute only."""
    story = Story()
    story.falls_back()
    story.now += FIRST_RETURN_SECONDS
    story.choice.ended(SourceUnavailableError("It was restarted."))
    assert story.choice.reader == "direct"
    story.choice.worked()
    assert story.choice.notice is None
    story.choice.ended(SourceUnavailableError("It was restarted."))
    story.falls_back()
    story.now += FIRST_RETURN_SECONDS
    assert story.choice.prefers_another


def test_a_stream_that_begins_well_each_time_and_then_fails_is_not_tried_every_minute() -> None:
    """One picture is no proof that the next will come."""
    story = Story()
    for wait in (FIRST_RETURN_SECONDS, 2 * FIRST_RETURN_SECONDS, 4 * FIRST_RETURN_SECONDS):
        story.connection(SourceUndecodableError("It changed."), works=True)
        assert story.choice.reader == "ffmpeg"
        story.choice.worked()
        story.now += wait - 1
        assert not story.choice.prefers_another
        story.now += 1
        assert story.choice.prefers_another
        story.choice.ended(None)
