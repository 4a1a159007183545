"""`python -m services.archiver.rebuild`: makes the rows of all frames in the archive, and reports broken files.

The same as `framecast rescan`, under the name that it has after the database was lost.
"""

from services.archiver.rescan import run
from services.archiver.upkeep.rescan import RescanOptions
from shared.lifecycle import run_service


def main() -> int:
    return run(RescanOptions())


if __name__ == "__main__":
    run_service(main)
