"""Figures of the archive: damage after SIGKILL, response times with a million rows, the cost of a WebP.

    python -m benchmarks.archive kills [--times 200]
    python -m benchmarks.archive queries [--rows 1000000]
    python -m benchmarks.archive webp FOOTAGE

Each prints a table and one line of JSON.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.archive_kills import kills
from benchmarks.archive_queries import queries
from benchmarks.archive_webp import webp_costs
from benchmarks.cores import clean_up_when_terminated


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("kills").add_argument("--times", type=int, default=200)
    commands.add_parser("queries").add_argument("--rows", type=int, default=1_000_000)
    commands.add_parser("webp").add_argument("footage", type=Path)
    arguments = parser.parse_args()
    clean_up_when_terminated()
    with tempfile.TemporaryDirectory(prefix="framecast-archive-") as directory:
        run: dict[str, Callable[[], list[dict[str, object]]]] = {
            "kills": lambda: kills(Path(directory), arguments.times),
            "queries": lambda: queries(Path(directory), arguments.rows),
            "webp": lambda: webp_costs(arguments.footage),
        }
        rows = run[arguments.command]()
    widths = {name: max(len(name), *(len(str(row[name])) for row in rows)) for name in rows[0]}
    print("  ".join(name.rjust(width) for name, width in widths.items()))
    for row in rows:
        print("  ".join(str(row[name]).rjust(width) for name, width in widths.items()))
    print(json.dumps({"benchmark": f"archive {arguments.command}", "results": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
