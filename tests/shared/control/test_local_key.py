"""The key beside the socket file, whatever somebody made of the file."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shared.control.local_key import MAX_LOCAL_KEY, key_file, read_local_key, write_local_key
from shared.control.messages import ControlRequest, encode_request, new_request_id


def test_a_written_key_is_read(tmp_path: Path) -> None:
    assert read_local_key(tmp_path / "control.sock") is None
    key = write_local_key(tmp_path / "control.sock")
    assert read_local_key(tmp_path / "control.sock") == key
    assert key_file(tmp_path / "control.sock").stat().st_mode & 0o777 == 0o600


@given(content=st.binary(max_size=2 * MAX_LOCAL_KEY))
def test_any_content_is_no_key_or_one_that_can_be_sent(content: bytes) -> None:
    """Ingest refuses it in words then. A command must not end with an error of Python's."""
    with tempfile.TemporaryDirectory() as directory:
        socket_file = Path(directory) / "control.sock"
        key_file(socket_file).write_bytes(content)
        key = read_local_key(socket_file)
    assert (key is None) == (not content)
    encode_request(ControlRequest(id=new_request_id(), do="overview", key=key))
