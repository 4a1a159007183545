"""The CPU time that one picture may take. Beyond it the kernel ends the process: no library needs to cooperate.

It is the process's timer of CPU time (ITIMER_PROF): it counts all threads, also inside a C library, and stands still
while they wait. Nothing handles its signal, SIGPROF, so that ends the process. It is not RLIMIT_CPU, which counts the
process's whole life. One call costs a microsecond.

A camera with two streams works at two pictures at once, on a thread each. The timer is that of the older one.
"""

import signal
import threading

_seconds = 0.0
_under_way: dict[int, None] = {}
"""The threads that work at a picture, the one with the oldest picture first."""
_lock = threading.Lock()


def limit_pictures(seconds: float) -> None:
    """From now on a picture may take `seconds` of this process's CPU time; 0 is without a limit, as at the start."""
    global _seconds  # noqa: PLW0603 the timer is the process's own
    _seconds = seconds


def begin_picture() -> None:
    """Count this thread's picture from 0, also if its picture before did not end."""
    if _seconds:
        with _lock:
            _forget()
            _under_way[threading.get_ident()] = None
            if len(_under_way) == 1:
                signal.setitimer(signal.ITIMER_PROF, _seconds)


def end_picture() -> None:
    """Count this thread's picture no longer."""
    if _seconds:
        with _lock:
            _forget()


def _forget() -> None:
    """If this thread's picture was the oldest, the timer is the next one's, from 0, or stands still."""
    was_oldest = next(iter(_under_way), None) == threading.get_ident()
    _under_way.pop(threading.get_ident(), None)
    if was_oldest:
        signal.setitimer(signal.ITIMER_PROF, _seconds if _under_way else 0)
