"""A round of the soak on the real services: one change away and one back."""

import time
from pathlib import Path

import pytest

from soak.report import BOUNDS
from soak.samples import Samples
from soak.traffic import RESTLESS, STEADY, Traffic
from tests.support.waiting import wait_until

pytestmark = pytest.mark.camera


def test_a_round_changes_the_cameras_and_samples_every_process(tmp_path: Path) -> None:
    """An hour is a hundred of these. What it samples must all have a bound, or the report would fail at its end."""
    with Traffic(tmp_path, seed=1) as traffic, Samples(tmp_path / "samples.jsonl", time.monotonic()) as samples:

        def states() -> dict[str, str]:
            return {device["key"]: device["state"] for device in traffic.stack.get("/api/devices")["devices"]}

        wait_until(lambda: len(states()) == 3 and traffic.watcher.parts, "all three are known", 20)
        samples.take(traffic)
        traffic.change()
        wait_until(lambda: states().keys() == {STEADY, RESTLESS}, "the guest has gone", 20)
        wait_until(lambda: states()[RESTLESS] in ("stalled", "offline"), "the restless one is down", 20)
        traffic.change()
        wait_until(lambda: len(states()) == 3 and states()[RESTLESS] in ("live", "idle"), "both are back", 40)
        samples.take(traffic)
        assert traffic.problems + traffic.ends() == []
    processes = {name.rpartition(" ")[0] for name in samples.series}
    assert processes == {"ingest", "stream", "archiver", "template", f"camera {STEADY}", "all", "pictures"}
    assert {name.rpartition(" ")[2] for name in samples.series} == BOUNDS.keys()
    assert len((tmp_path / "samples.jsonl").read_text().splitlines()) == 2
