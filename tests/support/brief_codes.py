"""`python -m tests.support.brief_codes`: ingest as it is run, but its setup codes hold for one second."""

import sys
from typing import Final

from services.ingest.access import setup_codes

SECONDS: Final = 1


def main() -> int:
    setup_codes.SECONDS = SECONDS  # type: ignore[misc] # before the module that takes it over is loaded
    from services.ingest.__main__ import main as ingest  # noqa: PLC0415

    return ingest()


if __name__ == "__main__":
    sys.exit(main())
