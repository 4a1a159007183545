"""The tally of each test, its sum at the end of the run, and a claimed house to attack."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.attacks.tally import Tally
from tests.support.owned_stack import Headers, OwnedStack
from tests.support.ports import free_port

_PROPERTY = "attempts on access"
Count = Callable[[str], Tally]


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Iterator[Count]:
    """Gives the tally of a kind of attempt. Afterwards none may have got in, and there must have been some."""
    tallies: dict[str, Tally] = {}

    def count(kind: str) -> Tally:
        return tallies.setdefault(kind, Tally(kind))

    yield count
    for tally in tallies.values():
        request.node.user_properties.append((_PROPERTY, (tally.kind, tally.count, sum(tally.attempts))))
    assert [words for tally in tallies.values() for words in tally.in_words] == []
    assert all(tally.count for tally in tallies.values())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    attempts, got_in = Counter[str](), Counter[str]()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "teardown":
                continue
            for name, value in report.user_properties:
                if name == _PROPERTY:
                    kind, tried, succeeded = value
                    attempts[kind] += tried
                    got_in[kind] += succeeded
    if attempts:
        terminalreporter.section("attempts on access")
        for kind, tried in sorted(attempts.items()):
            terminalreporter.write_line(f"{kind}: {tried}, {got_in[kind]} got in")
        terminalreporter.write_line(f"in all: {attempts.total()}, {got_in.total()} got in")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnedStack]:
    """Two replicas and the archiver, claimed by their owner. Ingest is asked at a port."""
    control = f"tcp://127.0.0.1:{free_port()}"
    with OwnedStack(tmp_path_factory.mktemp("attacked"), replicas=2, BUS_CONTROL=control) as house:
        house.claim()
        yield house


@pytest.fixture
def operator(house: OwnedStack) -> Headers:
    return house.operator()
