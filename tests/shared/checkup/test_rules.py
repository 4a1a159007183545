"""From facts to findings: each trouble in words with what to do, and no facts that the rules can't take."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.checkup import texts
from shared.checkup.facts import AccessFacts, ArchiveFacts, CameraFacts, Facts, GapFacts, IngestFacts
from shared.checkup.finding import Finding, Weight, in_order, is_well
from shared.checkup.rules import findings_of

GARDEN = CameraFacts(
    name="Garden",
    state="live",
    size=(640, 360),
    fps=30.0,
    codec="h264",
    key_frame_seconds=1.0,
    first_picture_seconds=0.2,
    host_ahead_seconds=0.0,
)
ARCHIVE = ArchiveFacts(
    database="SQLite",
    is_database_read=True,
    free_bytes=60_000_000_000,
    min_free_bytes=1_000_000_000,
    growth_bytes_a_day=10_000_000.0,
    host_ahead_seconds=0.0,
    gaps=(),
)
WELL = Facts(
    ingest=IngestFacts(is_heard=True),
    cameras=(GARDEN,),
    access=AccessFacts(role="operator", needs_a_secret=True),
    archive=ARCHIVE,
    versions=(("stream", "1"), ("ingest", "1"), ("archiver", "1")),
)


def told(facts: Facts, weight: Weight) -> list[Finding]:
    return [finding for finding in findings_of(facts) if finding.weight is weight]


def test_where_all_is_well_each_part_says_so() -> None:
    """Nobody has to guess what was looked at."""
    findings = findings_of(WELL)
    assert {finding.weight for finding in findings} == {Weight.WELL}
    assert [finding.about for finding in findings] == [
        texts.INGEST,
        "Camera Garden",
        texts.ACCESS,
        texts.DATABASE,
        texts.DISK,
        texts.GAPS,
        texts.CLOCKS,
        texts.COMPUTER,
        texts.VERSIONS,
    ]
    assert findings[1].text == (
        "It gives pictures: 640 x 360, 30 pictures a second, H264, key frames 1.0 s apart, "
        "the first picture after 0.2 s."
    )


@pytest.mark.parametrize(
    ("facts", "weight", "about", "words"),
    [
        (replace(WELL, ingest=IngestFacts(is_heard=False)), Weight.WRONG, texts.INGEST, "Nothing arrives"),
        (replace(WELL, ingest=IngestFacts(is_heard=False, refusal="X is 1.")), Weight.WRONG, texts.INGEST, "X is 1."),
        (replace(WELL, cameras=()), Weight.WRONG, texts.INGEST, "no camera"),
        (
            replace(WELL, ingest=IngestFacts(is_heard=True, dropped_messages=3)),
            Weight.DOUBT,
            texts.INGEST,
            "3 messages",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, state="unauthorized", headline="Refused", reason="Check it."),)),
            Weight.WRONG,
            "Camera Garden",
            "Refused. Check it.",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, state="connecting", headline="Connecting"),)),
            Weight.DOUBT,
            "Camera Garden",
            "Connecting.",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, notices=("Pictures are late.",)),)),
            Weight.DOUBT,
            "Camera Garden",
            "Pictures are late.",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, first_picture_seconds=4.0),)),
            Weight.DOUBT,
            "Camera Garden",
            "waits 4.0 s",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, key_frame_seconds=12.0),)),
            Weight.DOUBT,
            "Camera Garden",
            "key frames are 12.0 s apart",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, is_without_picture=True),)),
            Weight.WRONG,
            "Camera Garden",
            "no picture",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, camera_ahead_seconds=-7200.0),)),
            Weight.DOUBT,
            "Camera Garden",
            "2 hours behind",
        ),
        (
            replace(WELL, cameras=(replace(GARDEN, host_ahead_seconds=9.0),)),
            Weight.WRONG,
            texts.CLOCKS,
            "ingest's computer is 9 s ahead",
        ),
        (
            replace(WELL, archive=replace(ARCHIVE, host_ahead_seconds=-172_800.0)),
            Weight.WRONG,
            texts.CLOCKS,
            "archiver's computer is 2 days behind",
        ),
        (replace(WELL, archive=ArchiveFacts(silence="It is away.")), Weight.WRONG, texts.ARCHIVE, "It is away."),
        (
            replace(WELL, archive=replace(ARCHIVE, problems=("The disk of /a is not mounted.",))),
            Weight.WRONG,
            texts.ARCHIVE,
            "not mounted",
        ),
        (
            replace(WELL, archive=replace(ARCHIVE, is_database_read=False)),
            Weight.WRONG,
            texts.DATABASE,
            "can't be read",
        ),
        (
            replace(WELL, archive=replace(ARCHIVE, free_bytes=1_000_000_000)),
            Weight.WRONG,
            texts.DISK,
            "1 GB are free, and 1 GB are kept free",
        ),
        (
            replace(WELL, archive=replace(ARCHIVE, growth_bytes_a_day=59e9 / 5)),
            Weight.DOUBT,
            texts.DISK,
            "stops in about 5 days",
        ),
        (
            replace(WELL, archive=replace(ARCHIVE, gaps=(GapFacts(camera="Garden", slots=3, reason="disk full"),))),
            Weight.DOUBT,
            texts.GAPS,
            "3 pictures are missing of Garden: the disk was full.",
        ),
        (
            replace(WELL, versions=(("stream", "1"), ("ingest", "2"))),
            Weight.DOUBT,
            texts.VERSIONS,
            "stream 1, ingest 2",
        ),
        (
            replace(WELL, access=AccessFacts(role="operator", needs_a_secret=False, is_for_everybody=True)),
            Weight.DOUBT,
            texts.ACCESS,
            "ALLOW_ANONYMOUS",
        ),
        (
            replace(WELL, access=AccessFacts(role="operator", needs_a_secret=True, problems=("It is closed.",))),
            Weight.WRONG,
            texts.ACCESS,
            "It is closed.",
        ),
        (replace(WELL, shortage="It is short of memory: 2% is free. "), Weight.DOUBT, texts.COMPUTER, "2% is free."),
    ],
)
def test_a_trouble_is_told_once_and_stands_first(facts: Facts, weight: Weight, about: str, words: str) -> None:
    """And nothing else changes."""
    first, *others = findings_of(facts)
    assert (first.weight, first.about) == (weight, about)
    assert words in first.text
    assert {finding.weight for finding in others} == {Weight.WELL}
    assert is_well(findings_of(facts)) is (weight is not Weight.WRONG)


def test_what_somebody_wanted_is_no_trouble() -> None:
    """A camera that is switched off, pictures that were deleted, a camera at an archive that never stops growing."""
    off = replace(GARDEN, state="disabled", headline="The camera is switched off")
    deleted = GapFacts(camera="Garden", slots=4, reason="deleted")
    facts = replace(WELL, cameras=(GARDEN, off), archive=replace(ARCHIVE, gaps=(deleted,), growth_bytes_a_day=-5.0))
    assert {finding.weight for finding in findings_of(facts)} == {Weight.WELL}


def test_while_ingest_is_silent_its_cameras_are_not_told_of_as_well() -> None:
    """One cause, one line."""
    silent = replace(GARDEN, state="unknown", headline="Ingest is unreachable")
    facts = replace(WELL, ingest=IngestFacts(is_heard=False), cameras=(silent, silent))
    (wrong,) = told(facts, Weight.WRONG)
    assert wrong.about == texts.INGEST


def test_what_is_not_known_is_not_said_to_be_well() -> None:
    """The archiver could not tell the gaps, because its database is away."""
    facts = replace(WELL, archive=replace(ARCHIVE, gaps=None, host_ahead_seconds=None))
    assert not {texts.GAPS, texts.CLOCKS} & {finding.about for finding in findings_of(facts)}


def test_findings_are_sorted_by_weight_and_each_is_told_once() -> None:
    """Within a weight they stay in their order."""
    wrong, doubt, well = (Finding(weight, "A", weight.value) for weight in (Weight.WRONG, Weight.DOUBT, Weight.WELL))
    other = Finding(Weight.WRONG, "B", "wrong")
    assert in_order([well, doubt, wrong, other, wrong]) == [wrong, other, doubt, well]


@settings(max_examples=300, deadline=None)
@given(st.builds(Facts))
def test_no_facts_are_too_odd(facts: Facts) -> None:
    """Whatever a service of another version says: sorted findings with words, and no exception."""
    findings = findings_of(facts)
    order = [list(Weight).index(finding.weight) for finding in findings]
    assert order == sorted(order)
    assert len(set(findings)) == len(findings)
    assert all(finding.about and finding.text is not None for finding in findings)
