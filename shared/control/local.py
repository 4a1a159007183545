"""How a command on this machine asks ingest: at its socket file, with the key beside it. Blocking."""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from shared.bus.mechanism import REQUESTER, NullMechanism
from shared.bus.zmtp import ZmtpError
from shared.control.local_key import key_file, read_local_key
from shared.control.messages import (
    DEFAULT_DEADLINE_SECONDS,
    MAX_ANSWER_BYTES,
    ControlAnswer,
    ControlRequest,
    ControlSilentError,
    decode_answer,
    encode_request,
    new_request_id,
)
from shared.control.zmtp_messages import ZmtpMessages
from shared.errors import MessageDecodeError

GRACE_SECONDS: Final = 0.5
"""Ingest itself answers at the deadline, in words that say more than its silence."""
_READ_BYTES: Final = 64 * 1024


def ask_here(
    path: Path,
    do: str,
    arguments: Mapping[str, Any] | None = None,
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
) -> Mapping[str, Any]:
    """The result of one request at the socket file `path` (`OWNER_DIR`/control.sock).

    Raises:
        ControlRefusedError: ingest refused.
        ControlSilentError: ingest does not run here, does not answer, or this user may not open the file. Its message
            says which, in words for the person.
    """
    ends_at = time.monotonic() + deadline_seconds + GRACE_SECONDS
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(deadline_seconds)
            connection.connect(str(path))
            request = ControlRequest(
                id=new_request_id(),
                do=do,
                arguments=dict(arguments or {}),
                deadline_seconds=deadline_seconds,
                key=read_local_key(path),
            )
            return _exchange(connection, request, ends_at).result_or_raise()
    except OSError as error:
        raise ControlSilentError(_words(path, error)) from None
    except (ZmtpError, MessageDecodeError) as error:
        raise ControlSilentError(f"What answers at {path} is no ingest of this version: {error}.") from None


def _exchange(connection: socket.socket, request: ControlRequest, ends_at: float) -> ControlAnswer:
    """Send the request, and read on until its answer is there.

    Raises:
        OSError: there is none.
    """
    mechanism = NullMechanism(REQUESTER)
    zmtp = ZmtpMessages(mechanism, MAX_ANSWER_BYTES, connection.sendall)
    connection.sendall(mechanism.greeting)
    is_sent = False
    while (seconds := ends_at - time.monotonic()) > 0:
        connection.settimeout(seconds)
        data = connection.recv(_READ_BYTES)
        if not data:
            raise ConnectionResetError(0, "ingest ended the connection")
        for *_, body in zmtp.received(data):
            with suppress(MessageDecodeError):
                answer = decode_answer(body)
                if answer.id == request.id:
                    return answer
        if zmtp.is_ready and not is_sent:
            connection.sendall(zmtp.frames([b"", encode_request(request)]))
            is_sent = True
    raise TimeoutError(0, "no answer")


def _words(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return f"No ingest with BUS_CONTROL runs here: nobody listens at {path}. OWNER_DIR names its directory."
    if isinstance(error, PermissionError):
        return f"Only the user of ingest, or root, may use {path} and read {key_file(path).name} beside it."
    if isinstance(error, TimeoutError):
        return f"Ingest did not answer in time at {path}."
    return f"Ingest did not answer at {path}: {error.strerror or error}."
