"""The result of a campaign, as text for people and as JSON for the documents. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from faults.campaign import Outcome


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summary(outcome: Outcome, command: str, seed: int, commit: str) -> dict[str, Any]:
    """JSON: faults by kind, their recoveries in seconds, and every breach in words."""
    counts = Counter(kind for kind, _ in outcome.injected)
    kinds = {}
    for kind in sorted(counts):
        seconds = [recovery.seconds for recovery in outcome.recoveries if recovery.kind == kind]
        kinds[kind] = {
            "faults": counts[kind],
            "recovery_p50_seconds": round(percentile(seconds, 0.5), 2) if seconds else None,
            "recovery_p95_seconds": round(percentile(seconds, 0.95), 2) if seconds else None,
        }
    return {
        "command": command,
        "seed": seed,
        "commit": commit,
        "seconds": round(outcome.seconds),
        "rounds": outcome.rounds,
        "faults": len(outcome.injected),
        "kinds": kinds,
        "streams_seconds": round(outcome.streams.whole),
        "streams_judged_seconds": round(outcome.streams.judged),
        "streams_disturbed_seconds": round(outcome.streams.disturbed),
        "live_pictures_judged": outcome.streams.pictures,
        "live_pictures_without_clock": outcome.streams.without_clock,
        "slots_judged": len(outcome.archive.slots),
        "slots_not_judged": len(outcome.archive.left()),
        "archived_pictures_judged": outcome.archive.pictures,
        "archived_pictures_without_clock": outcome.archive.without_clock,
        "faults_by_name": dict(sorted(Counter(name for _, name in outcome.injected).items())),
        "violations": [f"{breach.promise}: {breach.words}" for breach in outcome.breaches],
        "aborted": outcome.aborted,
    }


def table(result: dict[str, Any]) -> str:
    """Markdown, to be put into a document as it is."""
    lines = ["", "| kind | faults | recovery p50, in seconds | p95 |", "|---|---|---|---|"]
    for kind, figures in result["kinds"].items():
        p50, p95 = figures["recovery_p50_seconds"], figures["recovery_p95_seconds"]
        lines.append(f"| {kind} | {figures['faults']} | {_seconds(p50)} | {_seconds(p95)} |")
    lines.append(
        f"\n`{result['command']}`, commit {result['commit']}: {result['faults']} faults in {result['rounds']} rounds"
        f" and {result['seconds']} s, {len(result['violations'])} violations. Of {result['streams_seconds']} s of"
        f" streams {result['streams_judged_seconds']} were judged for lost frames; for"
        f" {result['streams_disturbed_seconds']} s faults concerned them, for the rest the machine was too busy."
        f" {result['live_pictures_judged']} live pictures, {result['slots_judged']} slots and"
        f" {result['archived_pictures_judged']} archived pictures were judged; not judged:"
        f" {result['live_pictures_without_clock']} live and {result['archived_pictures_without_clock']} archived"
        f" pictures without a clock, {result['slots_not_judged']} slots that were not settled at the end."
    )
    lines += [f"- {violation}" for violation in result["violations"]]
    if result["aborted"]:
        lines.append(f"ENDED EARLY: {result['aborted']}")
    return "\n".join(lines)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
