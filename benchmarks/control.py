"""What the way back costs ingest: its memory at rest, and its CPU time for each request, with keys and without. Linux.

    .venv/bin/python -m benchmarks.control [--requests 3000] [--rounds 5]

The process measured has what ingest's parent has loaded, and a handler that does nothing. The client is libzmq's REQ.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import zmq

from shared.bus.curve import ClientKeys, public_key
from shared.bus.keys import make_keys
from tests.shared.bus.key_files import keys_of
from tests.shared.control.answering import request
from tests.support.ports import free_port

_INGEST: Final = """
import json, resource, sys
from pathlib import Path
import services.ingest.supervisor
from shared.logs import configure_logs

configure_logs()

def written():
    fields = dict(line.split(":", 1) for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    return int(fields["Pss_Anon"].split()[0]), int(fields["Pss"].split()[0])

before = written()
address, directory, has_keys = sys.argv[1:]
if address:
    from shared.control.messages import done
    from shared.control.server import ControlServer
    keys = None
    if has_keys == "True":
        from shared.bus.keys import control_keys
        from shared.bus.settings import BusServerSettings
        keys = control_keys(BusServerSettings(
            bus_server_secret_file=Path(directory, "server/server.secret"),
            bus_authorized_keys=Path(directory, "server/authorized"),
            bus_control_keys=Path(directory, "server/control"),
            bus_control=address,
        ))
    server = ControlServer(address, Path(directory, "owner/control.sock"), lambda one, _: done(one, {}), keys)
for _ in sys.stdin:
    used = resource.getrusage(resource.RUSAGE_SELF)
    now = written()
    kib = [now[0] - before[0], now[1] - before[1]]
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "kib": kib}), flush=True)
"""


class Ingest:
    """A process with what ingest's parent has loaded, and with the way back where it has an address."""

    def __init__(self, address: str, directory: Path, *, has_keys: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _INGEST, address, str(directory), str(has_keys)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def used(self) -> tuple[float, list[int]]:
        """CPU seconds so far; by how many KiB its written pages and its PSS have grown."""
        assert self._process.stdin
        assert self._process.stdout
        print(file=self._process.stdin, flush=True)
        told = json.loads(self._process.stdout.readline())
        return told["cpu"], told["kib"]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def cpu_microseconds(ingest: Ingest, address: str, keys: ClientKeys | None, first: int, count: int) -> float:
    """For each of `count` requests, one after the other."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    client = context.socket(zmq.REQ)
    if keys is not None:
        client.set(zmq.CURVE_SERVERKEY, keys.server_key)
        client.set(zmq.CURVE_SECRETKEY, keys.secret_key)
        client.set(zmq.CURVE_PUBLICKEY, public_key(keys.secret_key))
    client.connect(address)
    before, _ = ingest.used()
    for number in range(first, first + count):
        client.send(request("state", number))
        client.recv()
    after, _ = ingest.used()
    context.destroy(linger=0)
    return (after - before) / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        make_keys(directory, ("stream",), ("stream",))
        unset = Ingest("", directory, has_keys=False)
        print("BUS_CONTROL unset: grown by {} KiB written, {} KiB PSS".format(*unset.used()[1]))
        unset.close()
        cases = []
        for has_keys in (False, True):
            address = f"tcp://127.0.0.1:{free_port()}"
            ingest = Ingest(address, directory / str(has_keys) if not has_keys else directory, has_keys=has_keys)
            kib = ingest.used()[1]
            print("{}: grown by {} KiB written, {} KiB PSS".format("with keys" if has_keys else "without keys", *kib))
            cases.append((ingest, address, keys_of("stream", directory) if has_keys else None))
        figures: list[list[float]] = [[], []]
        for turn in range(options.rounds):
            for own, (ingest, address, keys) in zip(figures, cases, strict=True):
                own.append(cpu_microseconds(ingest, address, keys, turn * options.requests, options.requests))
        for own, words in zip(figures, ("without keys", "with keys"), strict=True):
            shown = f"{statistics.median(own):.0f} µs of CPU time for a request ({min(own):.0f} to {max(own):.0f})"
            print(f"{words}: {shown}")
        for ingest, *_ in cases:
            print(f"afterwards: grown by {ingest.used()[1][0]} KiB written")
            ingest.close()


if __name__ == "__main__":
    main()
