"""What a request costs stream that shows a token: one of the environment's as ever, and one that the owner has made.

    .venv/bin/python -m benchmarks.token_requests [--requests 500] [--rounds 25] [--records 199]

Both servers run all the time and take turns. One has VIEWER_TOKEN, and BUS_CONTROL is unset; the other has BUS_CONTROL
and `--records` tokens beside the one that is shown. A connection is kept; each request is a GET with a Bearer token.
"""

import argparse
import http.client
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.cores import LOAD_CORE, SERVER_CORE, clean_up_when_terminated, cpu_seconds, on_core
from tests.support.asking import answers
from tests.support.owned_stack import DEVICES, OwnedStack
from tests.support.services import Stack
from tests.support.waiting import wait_until

TOKEN: Final = "a-token-of-the-environment"  # noqa: S105 the benchmark's own
PATHS: Final = (DEVICES, "/api/camera/stream/status")


def requests(port: int, path: str, token: str, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    shown = {"Authorization": f"Bearer {token}"}
    for _ in range(count):
        connection.request("GET", path, headers=shown)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    connection.close()


def measured(pid: int, port: int, path: str, token: str, count: int) -> tuple[float, float]:
    """Microseconds of the server's CPU for each request, and requests a second."""
    with on_core(LOAD_CORE):
        before, began = cpu_seconds(pid), time.monotonic()
        requests(port, path, token, count)
        return (cpu_seconds(pid) - before) / count * 1e6, count / (time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--records", type=int, default=199, help="tokens beside the one that is shown, 199 at most")
    options = parser.parse_args()
    clean_up_when_terminated()
    with tempfile.TemporaryDirectory() as name, on_core(SERVER_CORE), ExitStack() as stack:
        before, after = Path(name, "before"), Path(name, "after")
        before.mkdir()
        after.mkdir()
        old = Stack(before, VIEWER_TOKEN=TOKEN)
        stack.push(old)
        for service in ("ingest", "stream"):
            old.start(service)
        wait_until(lambda: answers(old.stream_port), "it answers", 30)
        new = stack.enter_context(OwnedStack(after, names=("ingest", "stream")))
        operator = new.claim()
        for number in range(options.records):
            assert new.decide("POST", "/tokens", operator, {"name": f"Nr. {number}"}).status == 200
        made = new.make_token(operator)["secret"]
        sides = {
            "before": (old.services["stream"].pid, old.stream_port, TOKEN),
            "after": (new.services["stream"].pid, new.stream_port, made),
        }
        compare(sides, options.requests, options.rounds)


def compare(sides: dict[str, tuple[int, int, str]], count: int, rounds: int) -> None:
    for path in PATHS:
        found: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
        for pid, port, token in sides.values():
            measured(pid, port, path, token, count // 4)
        for turn in range(rounds):
            for side in list(sides) if turn % 2 else reversed(list(sides)):
                pid, port, token = sides[side]
                found[side].append(measured(pid, port, path, token, count))
        for side, figures in found.items():
            cpu = [one for one, _ in figures]
            rate = max(one for _, one in figures)
            shown = f"at least {min(cpu):.0f} µs of CPU, p50 {statistics.median(cpu):.0f}, at most {max(cpu):.0f}"
            print(f"{path} {side}: {shown}; at best {rate:.0f} a second")
        before, after = (min(one for one, _ in found[side]) for side in ("before", "after"))
        # Other work on the machine only adds time, so the least counts.
        print(f"{path}: {after / before:.2f} times the CPU, {after - before:+.0f} µs", flush=True)


if __name__ == "__main__":
    main()
