"""The lifecycle of a service: its entry point, its signals and its threads."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from shared.errors import ConfigurationError
from shared.logs import configure_logs, get_logger
from shared.settings_file import read_settings_file

EXIT_BAD_SETTING: Final = 2
REFUSAL_SECONDS: Final = 15.0
"""How long a service shows a bad setting before it ends. Docker starts a container again without a growing delay if it
ran for 10 s, and so a file that somebody mends is read soon."""
log = get_logger(__name__)


def run_service(
    main: Callable[[], int],
    *,
    reads_file: bool = True,
    show_refusal: Callable[[ConfigurationError], None] | None = None,
) -> None:
    """Run `main` and exit with its code. A ConfigurationError becomes one line on standard error and exit code 2.

    First it reads the settings file, unless `reads_file` is false: for processes that shall hold no secret.
    With SHOW_BAD_SETTINGS=true `show_refusal` gets the error first, to show it to people for `REFUSAL_SECONDS`.
    """
    if reads_file:
        read_settings_file()
    configure_logs()
    try:
        code = main()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        if show_refusal is not None and os.environ.get("SHOW_BAD_SETTINGS", "").lower() in ("true", "1", "yes", "on"):
            show_refusal(error)
        code = EXIT_BAD_SETTING
    sys.exit(code)


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT. Main thread only."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


class ServiceThread:
    """A thread with a start and a stop, whose crash never goes unnoticed.

    `run` gets the event that tells it to end, and must check it often enough for the deadline of `stop`. If `run`
    raises, the error is logged and `on_crash` is called on this thread. The caller then ends the service, which is
    restarted from outside, because half a service is worse than none.
    """

    def __init__(self, name: str, run: Callable[[threading.Event], None], on_crash: Callable[[], None]) -> None:
        self._run = run
        self._on_crash = on_crash
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._supervised, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_seconds: float) -> bool:
        """Tell the thread to end, and wait; whether it has ended within the deadline."""
        self._stop.set()
        self._thread.join(deadline_seconds)
        return not self._thread.is_alive()

    def _supervised(self) -> None:
        try:
            self._run(self._stop)
        except Exception:
            log.exception("thread crashed", thread=self._thread.name)
            self._on_crash()
