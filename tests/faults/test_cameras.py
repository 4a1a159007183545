"""The promises on changes of the cameras find what was lost, mixed, late or touched, and nothing else."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from faults.audience import EVERYBODY, NOBODY, at_replica
from faults.camera_facts import (
    BROKEN,
    BY_HAND,
    DONE,
    ERROR,
    FAILS,
    SILENT,
    WORKS,
    Asked,
    CamerasShown,
    FileSeen,
    Kept,
    kept_of,
)
from faults.facts import VIEWER, Knock, Late, Sessions, Usage
from faults.possible_cameras import PossibleCameras
from faults.record import Fact, Record
from faults.window import Promise, Window
from tests.faults.test_promises import as_promised, at, breaches

FILE = b"""# by hand 0
[[camera]]
device_key = "front"
[[camera]]
device_key = "back"
[[camera]]
device_key = "third"
name = "Third 0"
"""
BASE = kept_of(FILE)
NAMED = BASE.with_changed("third", {"name": "Third 1", "rotate": 90})
OUT = BASE.without("third")
BEGIN = Asked(0, "the lab begins", BY_HAND, at(-5), frozenset(), after=BASE, at=at(-5), outcome=DONE)
_numbers: Iterator[int] = itertools.count(1)


def asked(second: float, after: Kept, outcome: str = DONE, *, seconds: float = 0.1, before: Kept = BASE) -> Asked:
    """With all outcomes expected that the tests of the file and the replicas need."""
    expected = frozenset({DONE, "changed", "busy", SILENT})
    words = "Nothing was changed, for a reason that is told."
    return Asked(
        next(_numbers), "third is changed", "stream-1", at(second), expected, before, after,
        at=at(second + seconds), outcome=outcome, words=words,
    )  # fmt: skip


def by_hand(second: float, after: Kept) -> Asked:
    return replace(asked(second, after, seconds=0.01), door=BY_HAND)


def seen(second: float, kept: Kept) -> FileSeen:
    return FileSeen(at(second), at(second), kept)


def shown(second: float, kept: Kept, *, is_live: bool = True, door: str = "stream-1") -> CamerasShown:
    """As a replica shows these cameras."""
    table = kept.table("third")
    if table is None:
        return CamerasShown(door, at(second), at(second), kept.keys)
    is_on, is_upright = table.get("enabled", True), table.get("rotate", 0) == 90
    picture = is_upright if is_live and is_on else None
    return CamerasShown(door, at(second), at(second), kept.keys, table["name"], is_on, picture)


def found(*facts: Fact, windows: tuple[Window, ...] = ()) -> list[str]:
    record = as_promised()
    record.windows += windows
    for fact in (BEGIN, *facts):
        record.add(fact)
    return breaches(record)


def window(begin: float, end: float, viewers: frozenset[str], kind: str = "processes") -> Window:
    return Window("a fault", kind, Promise(9.0, viewers), at(begin), at(begin), at(end), at(end), at(end))


def test_a_file_that_can_not_be_read_is_broken() -> None:
    assert (BASE.keys, BASE.mark) == (("front", "back", "third"), "0")
    for data in (None, b"", b"[[camera]\n", b"[[camera]]\nname = 1\n", b"\xff"):
        assert kept_of(data) == BROKEN


def test_what_is_as_it_was_set_is_no_breach() -> None:
    """Asked, answered, refused and unanswered, switched off and on, taken out and added, and in another order."""
    off = NAMED.with_changed("third", {"enabled": False})
    turned = BASE.in_order(("third", "back", "front"))
    assert found(
        seen(0, BASE), shown(0.1, BASE),
        asked(1, NAMED), seen(1.05, BASE), seen(1.06, NAMED), seen(1.2, NAMED), shown(2, BASE), shown(4, NAMED),
        asked(5, off, before=NAMED), shown(6, NAMED, is_live=False), shown(8.2, off),
        asked(9, OUT, "busy", before=off), seen(9.2, off), shown(13, off),
        asked(14, OUT, SILENT, before=off), seen(15, off), shown(19, off), seen(19, OUT), shown(21, OUT),
        asked(22, turned, before=OUT), seen(22.2, turned), shown(24, OUT), shown(25.2, turned),
    ) == []  # fmt: skip


@pytest.mark.parametrize(("facts", "words"), [
    ([asked(1, NAMED), seen(1.2, BASE)], "differs from what was set, in third.name, third.rotate"),
    ([asked(1, NAMED, "busy"), seen(1.2, NAMED)], "differs from what was set"),
    ([asked(1, NAMED, SILENT), seen(1.2, BASE.with_changed("third", {"rotate": 90}))], "differs from what was set"),
    ([asked(1, OUT), seen(1.2, BASE)], "has front, back, third, not front, back"),
    ([seen(1, BROKEN)], "is gone or damaged, and nobody did that by hand"),
    ([by_hand(1, replace(BASE, mark="1")), seen(2, BASE)], "what an editor wrote is overwritten"),
    ([asked(1, NAMED), shown(4.2, BASE)], "shows third as 'Third 0', switched on, not as 'Third 1'"),
    ([asked(1, NAMED, "changed"), shown(4.5, NAMED)], "not as 'Third 0'"),
    ([asked(1, OUT), shown(4.2, BASE)], "shows the cameras front, back, third, not front, back"),
    ([asked(1, NAMED), shown(4.2, NAMED, is_live=False)], "shows no live picture of third"),
    ([asked(1, NAMED), shown(4.2, NAMED), replace(shown(5, NAMED), is_upright=False)], "turned as it was not"),
    ([asked(1, OUT), shown(4, OUT), Sessions("third", at(5), 1)], "a connection to third is held"),
    ([Knock(VIEWER, "stream-1", at(5), 200)], "was open to a viewer's token at the cameras' settings"),
    ([Usage("what is left behind", at(n), 0, 0, 0, n // 3) for n in range(6)], "holds 1 processes at rest"),
])  # fmt: skip
def test_each_made_up_breach_is_found(facts: list[Fact], words: str) -> None:
    (breach,) = found(*facts)

    assert words in breach


def test_an_editor_s_content_stays_whatever_was_asked_before() -> None:
    """A change that was made before is overwritten by the editor itself: an answer that comes later means that."""
    edited = replace(BASE, mark="1")
    for outcome in (DONE, "changed", SILENT):
        change = asked(1, NAMED, outcome, seconds=0.5)
        assert found(change, by_hand(1.2, edited), seen(1.3, edited), seen(2, edited), shown(6, edited)) == []
        assert found(change, by_hand(1.2, edited), seen(2, NAMED))


def test_a_damaged_file_changes_nothing_that_runs() -> None:
    damaged = (by_hand(1, BROKEN), seen(1.2, BROKEN), shown(9, BASE))
    assert found(*damaged, by_hand(10, BASE), seen(11, BASE), shown(19, BASE)) == []
    assert found(*damaged, seen(9, BASE))
    assert found(*damaged, shown(9.1, OUT))


def test_a_request_without_an_answer_may_be_done_later_until_another_one_is() -> None:
    late = asked(1, NAMED, SILENT)
    assert found(late, seen(2, BASE), seen(9, NAMED)) == []
    named = BASE.with_changed("third", {"name": "Third 2"})
    assert found(late, seen(2, BASE), asked(3, named), seen(4, named)) == []
    assert found(late, asked(3, named), seen(4, NAMED))
    possible = PossibleCameras([BEGIN, late])
    assert possible.in_file(at(0.5), at(0.9)) == {BASE}
    assert possible.in_file(at(0.5), at(2)) == {BASE, NAMED}


@pytest.mark.parametrize(("viewers", "kind", "is_excused"), [
    (EVERYBODY, "processes", True),
    (at_replica("stream-1"), "processes", True),
    (at_replica("stream-2"), "processes", False),
    (NOBODY, "cameras", False),
    (NOBODY, "computer", True),
])  # fmt: skip
def test_a_replica_that_could_not_hear_has_three_seconds_more(
    viewers: frozenset[str], kind: str, is_excused: bool
) -> None:
    fault = window(2, 9, viewers, kind)

    assert (found(asked(1, NAMED), shown(11.5, BASE), windows=(fault,)) == []) == is_excused
    assert found(asked(1, NAMED), shown(12.5, BASE), windows=(fault,))


def test_a_busy_machine_is_given_what_it_waited() -> None:
    late = Late(at(3), 2.0, "ingest")

    assert found(asked(1, NAMED), late, shown(5.5, BASE)) == []
    assert found(asked(1, NAMED), late, shown(6.5, BASE))


def test_a_camera_that_is_connected_anew_by_another_one_s_change_is_found() -> None:
    counts = [Sessions("front", at(second), 1, 1 if second < 3 else 2) for second in range(1, 8)]
    change = asked(2.5, NAMED)
    (breach,) = found(change, *counts)
    assert "front was connected anew when third is changed" in breach
    for fault in (window(1, 4, EVERYBODY), window(0, 1, NOBODY, "odd cameras")):
        assert found(change, *counts, windows=(fault,)) == []
    assert found(asked(6.5, NAMED), *counts) == []
    assert found(replace(change, after=None), *counts) == []


REQUEST = Asked(
    99, "an address is tried", "stream-1", at(10), frozenset({FAILS}), is_try=True, at=at(12), outcome=FAILS,
    words="No picture came in 8 s, so look.",
)  # fmt: skip


@pytest.mark.parametrize(("request_", "words"), [
    (replace(REQUEST, outcome=WORKS), "the outcome is 'works', not fails"),
    (replace(REQUEST, outcome=SILENT), "the outcome is 'silent'"),
    (replace(REQUEST, outcome="busy"), "the outcome is 'busy'"),
    (replace(REQUEST, words="no"), "without saying why: 'no'"),
    (replace(REQUEST, outcome=ERROR, words="500, None"), "500, None"),
    (replace(REQUEST, outcome="", at=float("inf"), asked_at=at(2)), "no answer for 38 s"),
])  # fmt: skip
def test_an_answer_that_can_not_be_true_is_found(request_: Asked, words: str) -> None:
    (breach,) = found(request_)

    assert words in breach


def test_a_fault_of_ingest_excuses_a_refusal_and_nothing_that_must_be_refused() -> None:
    fault = window(9, 11, EVERYBODY)
    assert found(replace(REQUEST, outcome="busy"), windows=(fault,)) == []
    assert found(replace(REQUEST, outcome=SILENT, words=""), windows=(fault,)) == []
    assert found(replace(REQUEST, outcome=DONE), windows=(fault,))
    assert found(replace(REQUEST, outcome=ERROR), windows=(fault,))


def test_of_many_tries_two_run_at_a_time() -> None:
    tries = [replace(REQUEST, number=number, asked_at=at(10 + number / 10)) for number in range(2)]
    busy = replace(REQUEST, number=5, outcome="busy", expected=frozenset({"busy"}))
    after = replace(REQUEST, number=6, asked_at=at(11.9), at=at(14))
    assert found(*tries, busy, after) == []

    breach = found(*tries, replace(REQUEST, number=7, asked_at=at(10.3)))[0]
    assert "3 addresses were tried at a time" in breach


def test_a_record_without_cameras_says_nothing() -> None:
    """Before the lab has written their file."""
    record = Record()
    record.add(seen(1, BROKEN))
    record.add(shown(1, BASE))

    assert breaches(record) == []
