"""From the end of a token to the last byte that it let out, on each of several replicas of stream.

    .venv/bin/python -m benchmarks.access_end [--replicas 4] [--rounds 30]

All services are as they are run, with the demo scene. A viewer watches at each replica with the token, which is ended
by a request to the first replica. The time counts from when that request is sent. A round is as long as its slowest
replica takes.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.cores import clean_up_when_terminated
from tests.support.owned_stack import Headers, OwnedStack
from tests.support.streams import ReadStream
from tests.support.waiting import wait_until

WATCH_SECONDS: Final = 1.0
"""Each viewer has watched for so long when the token ends."""


def one_round(house: OwnedStack, operator: Headers) -> tuple[float, list[float]]:
    """Seconds until the end was answered, and until the last byte at each replica."""
    token = house.make_token(operator)
    streams = [ReadStream(port, token["secret"]) for port in house.streams]
    try:
        for stream in streams:
            wait_until(lambda: stream.received > 0, "it watches")  # noqa: B023
        time.sleep(WATCH_SECONDS)
        began = time.monotonic()
        answer = house.end_token(operator, token)
        answered = time.monotonic()
        assert answer.status == 200, answer.body
        for stream in streams:
            assert stream.ended.wait(30), "it was not cut"
        return answered - began, [max(0.0, stream.last_byte_at - began) for stream in streams]
    finally:
        for stream in streams:
            stream.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicas", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    clean_up_when_terminated()
    answered: list[float] = []
    slowest: list[float] = []
    each: list[float] = []
    with (
        tempfile.TemporaryDirectory() as name,
        OwnedStack(Path(name), replicas=options.replicas, names=("ingest", "stream")) as house,
    ):
        operator = house.claim()
        for number in range(options.rounds):
            told, ends = one_round(house, operator)
            answered.append(told)
            slowest.append(max(ends))
            each.extend(ends)
            print(f"round {number + 1}: answered {told * 1000:.0f} ms, last byte {max(ends) * 1000:.0f} ms", flush=True)
    print(f"the end was answered: p50 {statistics.median(answered) * 1000:.0f} ms")
    for what, seconds in (("last byte, the slowest replica of a round", slowest), ("last byte, each replica", each)):
        p95 = statistics.quantiles(seconds, n=20)[-1]
        print(
            f"{what}: p50 {statistics.median(seconds) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, "
            f"worst of {len(seconds)} {max(seconds) * 1000:.0f} ms"
        )


if __name__ == "__main__":
    main()
