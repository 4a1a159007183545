"""WebKit itself, the engine of Safari, as Debian has it: WebKitGTK on a display of its own."""

import functools
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

_PROGRAM: Final = Path(__file__).with_name("webkit_program.py")
_DEBIAN_PYTHON: Final = ("/usr/bin/python3", "-E", "-s")
_PACKAGES: Final = ("xvfb", "python3-gi", "gir1.2-webkit2-4.1")
_PROBE: Final = "import gi; gi.require_version('Gtk', '3.0'); gi.require_version('WebKit2', '4.1')"


@functools.cache
def missing_webkit_parts() -> str | None:
    """One line that says what to install when WebKit can't run here, None when it can."""
    try:
        subprocess.run(["Xvfb", "-help"], capture_output=True, check=False)
        subprocess.run([*_DEBIAN_PYTHON, "-c", _PROBE], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"WebKitGTK can't run ({error}): apt-get install {' '.join(_PACKAGES)}"
    return None


class WebKit:
    """One view. Each call waits for its answer."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def goto(self, address: str) -> None:
        """Returns when the page has loaded."""
        self._ask({"goto": address})

    def evaluate(self, script: str) -> Any:
        """The value of an expression, as JSON has it. A promise is not waited for."""
        answer = self._ask({"evaluate": script})
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def _ask(self, what: dict[str, str]) -> Any:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(what) + "\n")
        self._program.stdin.flush()
        answer = self._program.stdout.readline()
        assert answer, "WebKit has ended"
        return json.loads(answer)


@contextmanager
def running_webkit(home: Path) -> Iterator[WebKit]:
    with ExitStack() as ends:
        display = _started(ends, ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"], {})
        assert display.stdout is not None
        environment = {"DISPLAY": f":{display.stdout.readline().strip()}", "HOME": str(home), "GIO_USE_VFS": "local"}
        yield WebKit(_started(ends, [*_DEBIAN_PYTHON, str(_PROGRAM)], environment))


def _started(ends: ExitStack, command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    program = ends.enter_context(
        subprocess.Popen(
            command,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    )
    ends.callback(program.kill)
    return program
