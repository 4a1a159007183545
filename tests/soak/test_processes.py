"""What the soak reads of processes is what they hold."""

import os
import subprocess
import sys

from soak.processes import descendants, holdings_of


def test_descriptors_and_threads_are_counted() -> None:
    """Of this very process."""
    before = holdings_of(os.getpid())
    read, write = os.pipe()
    after = holdings_of(os.getpid())
    os.close(read)
    os.close(write)
    assert before is not None
    assert after is not None
    assert after.descriptors == before.descriptors + 2
    assert 0 < after.anonymous_mb <= after.rss_mb


def test_a_process_that_has_ended_holds_nothing() -> None:
    """A camera's process goes while the soak looks."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert holdings_of(ended.pid) is None


def test_children_of_children_are_found() -> None:
    """A camera's process is one, below the template that it is forked from."""
    script = "import subprocess as s, sys; s.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = [pid for pid, _ in descendants(os.getpid())]
        assert child.pid in found
        assert len(found) >= 2
        child.communicate(b"\n")
