"""Log lines: their form, and that strangers can cause few of them and none of their own."""

import json
import subprocess
import sys

import pytest

from shared.line_limit import MAX_LINES_OF_A_KIND

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


FLOOD = """
import logging, sys
from shared.logs import configure_logs, get_logger
configure_logs()
for number in range(5000):
    get_logger("services.example").warning("camera lost", reason=f"word {number}")
    logging.getLogger("some.library").error("bad request %s", number)
    logging.getLogger("other.library").error(f"bad request {number}")
get_logger("services.example").error("hub crashed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_whatever_floods_the_log_each_kind_has_few_lines_a_second(form: str) -> None:
    """Ever new words do not help. What else happens is not lost among them."""
    command = [sys.executable, "-c", FLOOD]
    done = subprocess.run(command, env={"LOG_FORMAT": form}, capture_output=True, text=True, timeout=60, check=True)
    lines = done.stderr.splitlines()
    assert 3 * MAX_LINES_OF_A_KIND < len(lines) <= 9 * MAX_LINES_OF_A_KIND + 1
    assert "hub crashed" in lines[-1]


FORGERY = """
import logging
from shared.logs import configure_logs, get_logger
configure_logs()
words = "x\\n2026-11-26T00:00:00Z [info] login ok\\r\\x1b[2J\\u2028\\x85\\u202e\\0"
get_logger("services.example").warning("camera lost", reason=words)
logging.getLogger("some.library").error("bad name %s", words)
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_strangers_words_make_no_line_of_their_own(form: str) -> None:
    """The name of a file, say, or a camera's answer. A terminal obeys none of them."""
    command = [sys.executable, "-c", FORGERY]
    done = subprocess.run(command, env={"LOG_FORMAT": form}, capture_output=True, text=True, timeout=30, check=True)
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert all("login ok" in line for line in lines)


LEAK = """
import logging
from shared.logs import configure_logs, get_logger
configure_logs()
secret = "framecast_" + "aB3-_" * 8 + "xyz"
for spelling in (secret, secret.replace("_", "%5F"), secret.replace("_", "%5f").upper()):
    get_logger("services.example").warning("request failed", address=f"/api/camera/stream?token={spelling}&fps=5")
    logging.getLogger("some.library").error("bad address %s", f"/?action=stream&token={spelling}")
    try:
        raise ValueError(spelling)
    except ValueError:
        get_logger("services.example").exception("it broke")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_the_secret_of_a_token_is_masked_in_every_line(form: str) -> None:
    """Whoever repeats it: we, a library, or a traceback; and however an address spells it."""
    command = [sys.executable, "-c", LEAK]
    done = subprocess.run(command, env={"LOG_FORMAT": form}, capture_output=True, text=True, timeout=30, check=True)
    assert "aB3" not in done.stderr
    assert "AB3" not in done.stderr
    assert done.stderr.count("framecast_***") >= 9
