"""The state is never lost, never believed when it is damaged, and never older than what was told."""

import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.ingest.access import judging_thread
from services.ingest.access.state_file import StateFile
from shared.bus.access_state import encode_access
from shared.bus.topics import new_access_question
from shared.errors import ConfigurationError
from tests.ingest.access.house import OPERATOR, VIEWER, House, house, is_root
from tests.support.waiting import wait_until

DAY = 24 * 3600
ENVIRONMENTS = "the environment's own"


@contextmanager
def small_disk(point: Path, size: str = "64k") -> Iterator[Path]:
    """A file system of the test's own, in memory."""
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(point)], check=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)


def fill(disk: Path) -> Path:
    """Until nothing more fits."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def test_the_file_and_its_directory_are_for_ingest_alone(home: House) -> None:
    """Whatever the umask is: it has what passwords can be guessed by."""
    home.claim()
    assert stat.S_IMODE(home.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.directory.stat().st_mode) == 0o700


def test_all_is_there_again_after_a_restart(home: House) -> None:
    """With the same name, and no lower number."""
    mine = home.claim()
    token = home.ask(
        "make_token", {"name": "wall", "role": "viewer", "cameras": ["door"], "archive": False}, secret=mine
    )
    before = home.state
    home.restart()
    assert home.state.run != before.run
    assert home.state == before.model_copy(update={"run": home.state.run, "begun_at": before.number})
    assert home.ask("log_in", password=OPERATOR)
    assert home.ask("tokens", secret=mine)["tokens"][0]["id"] == token["id"]
    assert home.ask("sessions", secret=mine)["sessions"][0]["browser"] == "Firefox on Linux"


def test_a_crash_between_two_versions_leaves_the_one_before(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power may go at any moment: what was written half is never in the file's place."""
    home.claim()
    before = home.file.read_bytes()

    def cut(_source: Path, _target: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut)
        assert home.here("settle")["is_kept"] is False
    assert home.file.read_bytes() == before
    assert [path.name for path in home.directory.iterdir()] == ["access.json"]


@pytest.mark.skipif(not is_root(), reason="mounting a file system needs root")
def test_on_a_full_disk_a_decision_holds_at_once_and_is_kept_as_soon_as_the_disk_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that waits for the disk would let the thief in meanwhile. Nobody needs to ask again."""
    monkeypatch.setattr(judging_thread, "IDLE_SECONDS", 0.05)
    with small_disk(tmp_path / "disk") as disk, house(disk / "owner") as home:
        mine = home.claim()
        token = home.ask("make_token", {"name": "lost", "role": "viewer"}, secret=mine)
        ballast = fill(disk)
        assert home.ask("end_token", {"id": token["id"]}, secret=mine) == {"is_kept": False}
        assert home.refusal("log_out", secret=token["secret"]) == "wrong"
        assert len(home.state.records) == 1, "it is told at once"
        assert home.owner.notice is not None
        assert "No space left" in home.owner.notice
        assert len(json.loads(home.file.read_text())["records"]) == 2, "the version before is whole"
        ballast.unlink()
        wait_until(lambda: home.owner.notice is None, "it is kept")
        assert len(json.loads(home.file.read_text())["records"]) == 1


def directory_in_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_in_place(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def pipe_in_place(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "other JSON": lambda path: path.write_text('{"version": 1, "cameras": []}'),
    "a later version": lambda path: path.write_text(path.read_text().replace('"version":1', '"version":2')),
    "NUL bytes": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a record that is none": lambda path: path.write_text(path.read_text().replace('"viewer"', '"admin"')),
    "others may write": lambda path: path.chmod(0o666),
    "others may read": lambda path: path.chmod(0o644),
    "a directory": directory_in_place,
    "a link": link_in_place,
    "a pipe": pipe_in_place,
    "another's": lambda path: os.chown(path, 12345, 12345),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_closes_everything_and_names_the_command(home: House, damage: str) -> None:
    """An empty state would let everybody in who is on this machine."""
    if damage == "another's" and not is_root():
        pytest.skip("changing a file's owner needs root")
    mine = home.claim()
    home.ask("set_password", {"role": "viewer", "password": VIEWER}, secret=mine)
    home.owner.close()
    DAMAGES[damage](home.file)
    home.start()
    assert home.state.closed is not None
    assert "framecast access new" in home.state.closed
    assert str(home.file) in home.state.closed
    code = home.answer("setup_code", local=True)
    assert code.refusal is not None
    assert code.refusal.why == "closed"
    proofs: tuple[dict[str, Any], ...] = ({"password": OPERATOR}, {"secret": mine})
    for proof in proofs:
        assert home.refusal("log_in", **proof) == "closed"
        assert home.refusal("sessions", **proof) == "closed"
    assert home.refusal("open", local=True) == "closed"
    assert home.ask("state")["closed"] == home.state.closed


def test_after_damage_the_owner_begins_anew_and_the_old_file_is_kept(home: House) -> None:
    """The new state has another name, and is settled: replicas take it."""
    home.claim()
    old = home.state
    home.owner.close()
    home.file.write_text("{")
    home.start()
    aside = home.here("new")["aside"]
    assert Path(aside).read_text() == "{"
    assert home.state.closed is None
    assert home.state.state not in ("none", old.state)
    assert home.state.settled > old.settled
    assert not home.state.passwords
    assert home.claim()
    home.restart()
    assert home.state.passwords
    assert home.refusal("new", local=True) == "not_allowed"


def test_a_file_that_is_mended_is_taken_over_without_a_restart(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """`chmod 600`, or a backup that is put back."""
    monkeypatch.setattr(judging_thread, "IDLE_SECONDS", 0.05)
    home.claim()
    before = home.state
    home.owner.close()
    home.file.chmod(0o640)
    home.start()
    assert home.state.closed
    home.file.chmod(0o600)
    wait_until(lambda: home.state.closed is None, "it is taken over")
    assert (home.state.state, home.state.number) == (before.state, before.number)


def test_a_start_without_the_environments_password_is_closed_until_somebody_says_that_none_is_meant(
    home: House,
) -> None:
    """A variable that was forgotten in a new .env must not open the house."""
    home.restart(viewer_password=VIEWER)
    assert home.state.closed is None
    assert VIEWER not in home.file.read_text()
    home.restart()
    assert home.state.closed is not None
    assert "framecast access open" in home.state.closed
    assert home.refusal("log_in", password=VIEWER) == "closed"
    home.restart(viewer_password=VIEWER)
    assert home.state.closed is None
    home.restart()
    number = home.state.number
    assert home.here("open") == {"is_kept": True, "is_claimed": False}
    assert home.state.closed is None
    assert home.state.number > number
    home.restart()
    assert home.state.closed is None


def test_a_lost_password_is_replaced_by_a_code(home: House) -> None:
    """It opens what is closed, for there is a password again."""
    home.restart(operator_password=OPERATOR)
    home.restart()
    assert home.claim("another password")
    assert home.state.closed is None
    assert home.ask("log_in", password="another password")["role"] == "operator"  # noqa: S106 the test's own


def test_the_environment_wins_for_its_role(home: House) -> None:
    """The page's password for that role counts no more, and is not told."""
    mine = home.claim()
    home.restart(operator_password=ENVIRONMENTS)
    assert "operator" not in home.state.passwords
    assert home.refusal("sessions", secret=mine) == "wrong", "its session was another password's"
    assert home.refusal("log_in", password=OPERATOR) == "wrong"
    new = home.ask("log_in", password=ENVIRONMENTS)["secret"]
    given = {"role": "operator", "password": "a third password"}
    assert home.refusal("set_password", given, secret=new) == "not_here"
    home.restart(operator_password=ENVIRONMENTS)
    assert home.ask("sessions", secret=new), "the same password keeps its sessions"
    home.restart(operator_password=VIEWER)
    assert home.refusal("sessions", secret=new) == "wrong"


def test_a_clock_that_goes_back_by_years_prolongs_nothing(home: House) -> None:
    """A computer without a battery starts in 1970, and the router's clock may be anything."""
    mine = home.claim()
    home.time.utc -= 10 * 365 * DAY
    now = home.ask("state")["now"]
    assert now >= home.state.now
    home.time.pass_by(29 * DAY)
    assert home.ask("sessions", secret=mine)
    home.restart()
    home.time.pass_by(2 * DAY)
    assert home.refusal("sessions", secret=mine) == "wrong"


def test_the_clock_is_kept_every_hour_and_a_restart_goes_on_from_there(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told once is never earlier later."""
    monkeypatch.setattr(judging_thread, "IDLE_SECONDS", 0.05)
    home.claim()
    home.time.pass_by(3601)
    latest = int(home.time.utc)
    wait_until(lambda: json.loads(home.file.read_text())["latest"] == latest, "it is kept")
    home.time.utc = 0
    home.restart()
    assert home.state.now == latest


def test_a_backup_that_is_put_back_has_a_lower_number_until_it_is_settled(home: House) -> None:
    """A replica that knows more refuses it: no ended token comes to life in silence."""
    mine = home.claim()
    token = home.ask("make_token", {"name": "lost", "role": "viewer"}, secret=mine)
    backup = home.file.read_bytes()
    home.ask("end_token", {"id": token["id"]}, secret=mine)
    newest = home.state
    home.owner.close()
    home.file.write_bytes(backup)
    home.start()
    assert home.state.state == newest.state
    assert home.state.number < newest.number
    assert home.state.settled == newest.settled == 0
    assert home.here("settle") == {"is_kept": True}
    assert home.state.settled > newest.settled
    settled = home.state.settled
    home.time.utc -= 365 * DAY
    home.here("settle")
    assert home.state.settled > settled


def test_a_question_on_the_bus_is_answered_once_for_all(home: House) -> None:
    """However often a stranger asks, ingest sends at most five times a second."""
    home.told.clear()
    first, second = new_access_question(), new_access_question()
    home.owner.answer(frozenset({b"access/", b"frame/a/main/"}))
    assert not home.told
    home.owner.answer(frozenset({b"access/", first}))
    home.owner.answer(frozenset({b"access/", first, second}))
    assert len(home.told) == 1
    home.time.pass_by(1)
    home.owner.answer(frozenset({b"access/", first, second}))
    home.owner.answer(frozenset({b"access/", second}))
    assert len(home.told) == 2
    assert home.told[0] == home.told[1].model_copy(update={"now": home.told[0].now})


def test_the_number_in_the_report_is_that_of_the_state(home: House) -> None:
    """Whoever has an older one asks."""
    home.claim()
    assert home.owner.mark.model_dump() == {"state": home.state.state, "number": home.state.number}
    assert encode_access(home.state)[0] == f"access/{home.state.state}/".encode()


def test_two_ingests_do_not_share_a_directory(tmp_path: Path) -> None:
    """Each would overwrite what the other has decided."""
    first = StateFile(tmp_path / "owner")
    with pytest.raises(ConfigurationError, match="another ingest"):
        StateFile(tmp_path / "owner")
    first.close()
    StateFile(tmp_path / "owner").close()


def test_a_directory_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    """As any bad setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"^OWNER_DIR is '.*' but must be a directory"):
        StateFile(tmp_path / "file/owner")
