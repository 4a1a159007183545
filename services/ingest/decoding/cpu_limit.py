"""The CPU time that one picture may take. Beyond it the kernel ends the process: no library needs to cooperate.

It is the process's timer of CPU time (ITIMER_PROF): it counts all threads, also inside a C library, and stands still
while they wait. Nothing handles its signal, SIGPROF, so that ends the process. It is not RLIMIT_CPU, which counts the
process's whole life. One call costs 0.5 µs.
"""

import signal

_seconds = 0.0


def limit_pictures(seconds: float) -> None:
    """From now on a picture may take `seconds` of this process's CPU time; 0 is without a limit, as at the start."""
    global _seconds  # noqa: PLW0603 the timer is the process's own
    _seconds = seconds


def begin_picture() -> None:
    """Count from 0, also if the picture before did not end."""
    if _seconds:
        signal.setitimer(signal.ITIMER_PROF, _seconds)


def end_picture() -> None:
    """Count no longer."""
    if _seconds:
        signal.setitimer(signal.ITIMER_PROF, 0)
