"""`python -m services.ingest.template_main`: the process that cameras' processes are forked from, started by ingest.

It has imported everything that a camera's process needs, and done nothing else: it has one thread, knows no setting and
no secret, and holds no descriptor but standard error and its end of the control socket, which is its standard input. It
reads requests from there and ends with it. docs/decisions/0028 says why forking it is safe.
"""

import ctypes
import encodings.idna  # noqa: F401 looking up a name imports it
import errno
import faulthandler
import gc
import os
import socket
from contextlib import suppress
from typing import Final

from services.ingest import worker_main
from services.ingest.worker_template import MOST_MESSAGE_BYTES, READY
from shared.lifecycle import run_service

_STANDARD_INPUT, _STANDARD_OUTPUT = 0, 1
_PR_SET_NAME: Final = 15


def main() -> int:
    faulthandler.enable()
    # A collection marks every object that it visits, and so would copy each page of them in each child.
    gc.collect()
    gc.freeze()
    return worker_main.main() if fork_on_request() else 0


def fork_on_request() -> bool:
    """Fork at each request, until ingest closes the socket. True in a forked process, which is then a camera's."""
    # Ingest may end before it has read what this process has sent: then the socket is reset.
    with suppress(BrokenPipeError, ConnectionResetError), socket.socket(fileno=os.dup(_STANDARD_INPUT)) as control:
        control.send(READY)
        while True:
            request, descriptors, _, _ = socket.recv_fds(control, MOST_MESSAGE_BYTES, 2)
            if not request:
                break
            answer = fork_orphan()
            if answer is None:
                become_worker(request, *descriptors)
                return True
            for descriptor in descriptors:
                os.close(descriptor)
            control.send(answer)
    return False


def fork_orphan() -> bytes | None:
    """None in the new process; here its ID, or what went wrong as a negative `errno`, in decimal.

    It is a grandchild whose parent has ended, so ingest, which adopts its orphans, is its parent by now.
    """
    receiving, sending = os.pipe()
    with os.fdopen(receiving, "rb") as result, os.fdopen(sending, "wb", 0) as outcome:
        parent = _fork()
        if parent < 0:
            return b"%d" % parent
        if parent == 0:
            child = _fork()
            if child == 0:
                return None
            outcome.write(b"%d" % child)
            os._exit(0)
        os.waitpid(parent, 0)
        outcome.close()
        return result.read()


def _fork() -> int:
    try:
        return os.fork()
    except OSError as error:
        return -(error.errno or errno.EAGAIN)


def become_worker(camera_key: bytes, standard_input: int, standard_output: int) -> None:
    """Put the descriptors into their places, where one replaces the control socket, and show the camera to `top`."""
    os.dup2(standard_input, _STANDARD_INPUT)
    os.dup2(standard_output, _STANDARD_OUTPUT)
    os.close(standard_input)
    os.close(standard_output)
    ctypes.CDLL(None).prctl(_PR_SET_NAME, b"camera " + camera_key, 0, 0, 0)


if __name__ == "__main__":
    run_service(main, reads_file=False)
