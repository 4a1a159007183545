"""docs/bus-security.md says what a subscriber may cost as the code does."""

from pathlib import Path

import pytest

from shared.bus import demand_ledger, listener, subscriber_connection, subscriber_server
from shared.bus.buffers import HIGH_WATER_MARK
from shared.bus.zmtp_subscriber import MAX_COMMAND_BYTES

PAGE = (Path(__file__).parents[3] / "docs/bus-security.md").read_text()
WORDS = " ".join(PAGE.split())
ROWS = {
    cells[0]: cells[1]
    for line in PAGE.partition("## What a subscriber may cost")[2].splitlines()
    if line.startswith("| ") and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 2
}


@pytest.mark.parametrize(
    ("limit", "number"),
    [
        ("subscriptions of a connection", f"{demand_ledger.MAX_TOPICS:,},"),
        ("subscriptions of a connection", f"of {demand_ledger.MAX_TOPIC_BYTES_IN_ALL // 1024} KiB"),
        ("different topics of all connections", f"{demand_ledger.MAX_DISTINCT_BYTES // 1024} KiB;"),
        ("subscriptions and cancellations of a connection", f"{subscriber_connection.BURST_CHANGES:,} at once"),
        ("subscriptions and cancellations of a connection", f"{subscriber_connection.CHANGES_PER_SECOND} a second"),
        ("what waits for all connections together", f"{subscriber_server.MAX_WAITING_BYTES // 1024**2} MiB;"),
        ("connections", f"{subscriber_server.MAX_CONNECTIONS}."),
        ("time for the handshake", f"{subscriber_server.HANDSHAKE_SECONDS:.0f} seconds"),
        (
            "a subscriber that acknowledges nothing, or reads nothing while data waits",
            f"about {listener.DEAD_MILLISECONDS // 1000} seconds",
        ),
    ],
)
def test_every_limit_on_the_page_has_the_number_of_the_code(limit: str, number: str) -> None:
    assert number in ROWS[limit]


def test_the_numbers_in_the_text_are_the_codes_too() -> None:
    assert HIGH_WATER_MARK == 8
    assert "eight wait for it" in WORDS
    assert f"no frame of more than {MAX_COMMAND_BYTES // 1024} KiB" in WORDS
