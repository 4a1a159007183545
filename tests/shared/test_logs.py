"""Log lines in JSON."""

import json
import subprocess
import sys

PROBE = """
from shared.logs import configure_logs, get_logger
import logging
configure_logs()
get_logger("services.example").warning("camera lost", camera="cam1")
logging.getLogger("some.library").error("it %s", "broke")
"""


def test_every_line_is_json_with_the_main_fields_first() -> None:
    """Our own lines and those of libraries, when standard error is not a terminal."""
    result = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=30, check=True)
    ours, library = (json.loads(line) for line in result.stderr.splitlines())
    assert list(ours)[:3] == ["timestamp", "level", "event"]
    assert (ours["level"], ours["event"], ours["camera"]) == ("warning", "camera lost", "cam1")
    assert (library["logger"], library["event"]) == ("some.library", "it broke")
    assert ours["timestamp"].endswith("Z")
