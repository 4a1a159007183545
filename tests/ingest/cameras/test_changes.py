"""Changes of the cameras file: what is kept, what is refused, and what nobody overwrites."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from services.ingest.cameras.changes import Changed
from services.ingest.cameras.kept_file import KeptFile
from services.ingest.cameras_file import read_cameras_file
from services.ingest.settings import CameraEnvironment, CameraSettings
from shared.control.messages import ControlRefusedError
from tests.ingest.cameras.page import GARDEN, Page, mode_of, page
from tests.support.disks import ext4, run
from tests.support.services import ROOT

FILE = """# by hand
[[camera]]
device_key = "front" # the bell
rtsp_url = "rtsp://admin:s3cret@192.0.2.10/one?channel=1"

# second
[[camera]]
device_key = "garden"
rtsp_url = "rtsp://192.0.2.20/stream1"
"""


def test_the_first_camera_makes_the_file_and_the_last_one_takes_it_away(empty: Page) -> None:
    """So the demo scene goes and comes."""
    assert empty.listed()["is_demo"]
    done = empty.add(name="The garden")
    assert done["key"] == "garden"
    assert empty.text == (
        '[[camera]]\ndevice_key = "garden"\nname = "The garden"\nrtsp_url = "rtsp://192.0.2.20/stream1"\n'
    )
    assert [camera.display_name for camera in read_cameras_file(empty.path)] == ["The garden"]
    assert mode_of(empty.path) == 0o600
    assert not empty.listed()["is_demo"]
    empty.do("remove", key="garden")
    assert not empty.path.exists()
    assert empty.path.with_name("cameras.toml.before").read_text().startswith("[[camera]]")
    assert empty.version == "none"
    assert len(empty.follows) == 2


def test_a_login_in_the_address_is_kept_beside_it_and_never_told(empty: Page) -> None:
    empty.do("add", settings={"name": "Gate", "rtsp_url": "rtsp://me:p%40ss@192.0.2.9:554/s?key=1"})
    (camera,) = read_cameras_file(empty.path)
    assert camera.address is not None
    assert (camera.address.username, camera.address.password) == ("me", "p@ss")
    assert 'rtsp_password = "p@ss"' in empty.text
    told = empty.settings("gate")
    assert told["settings"] == {"name": "Gate", "rtsp_username": "me", "rtsp_url": "rtsp://192.0.2.9:554/s?***"}
    assert told["has_password"]
    assert "p@ss" not in str(empty.listed())


def test_keys_are_made_from_names_and_never_twice(empty: Page) -> None:
    url = "192.0.2.9/s"
    names = ["Front door", "Front  door!", "門", "", "camera_1"]
    keys = [empty.do("add", settings={"name": name, "rtsp_url": f"rtsp://{url}"})["key"] for name in names]
    assert keys == ["front_door", "front_door_2", "camera_1", "camera_2", "camera_1_2"]
    why, field, _ = empty.refused("add", settings={**GARDEN, "device_key": "camera_2"})
    assert (why, field) == ("taken", "device_key")


def test_a_change_keeps_the_rest_of_the_file_and_the_version_before_beside_it(tmp_path: Path) -> None:
    with page(tmp_path, FILE, kind="file") as file:
        file.path.chmod(0o640)
        file.change("garden", fps=5, name="Beds")
        assert file.text == FILE + 'fps = 5\nname = "Beds"\n'
        assert mode_of(file.path) == 0o600, "there is a password in it"
        assert file.path.with_name("cameras.toml.before").read_text() == FILE
        file.change("garden", fps=None, name="")
        assert file.text == FILE
        assert file.change("garden", fps=None)["version"] == file.version
        assert len(file.follows) == 2, "what changes nothing is no change"


def test_a_file_without_a_password_keeps_its_mode(tmp_path: Path) -> None:
    text = FILE.replace("admin:s3cret@", "")
    with page(tmp_path, text, kind="file") as file:
        file.path.chmod(0o644)
        file.change("front", enabled=False)
        assert mode_of(file.path) == 0o644


def test_an_address_sent_back_as_shown_is_no_change_and_one_that_changes_keeps_the_login(tmp_path: Path) -> None:
    with page(tmp_path, FILE, kind="file") as file:
        shown = file.settings("front")["settings"]["rtsp_url"]
        assert shown == "rtsp://***@192.0.2.10/one?***"
        file.change("front", rtsp_url=shown)
        assert file.text == FILE
        assert file.refused("change", key="front", settings={"rtsp_url": shown + "x"})[1] == "rtsp_url"
        file.change("front", rtsp_url="rtsp://192.0.2.10/two")
        (front, _) = read_cameras_file(file.path)
        assert front.address is not None
        assert (front.address.url, front.address.username, front.address.password) == (
            "rtsp://192.0.2.10/two",
            "admin",
            "s3cret",
        )
        assert 'device_key = "front" # the bell' in file.text
        assert file.settings("front")["settings"]["rtsp_username"] == "admin"


def test_a_password_of_a_camera_without_an_address_goes_nowhere_either(tmp_path: Path) -> None:
    text = '[[camera]]\ndevice_key = "a"\nrtsp_password = "s3cret"\n'
    with page(tmp_path, text, kind="file") as file:
        address = {"rtsp_url": "rtsp://198.51.100.66/"}
        assert file.refused("change", key="a", settings=address)[:2] == ("malformed", "rtsp_password")
        file.change("a", rtsp_password="s3cret", **address)  # noqa: S106 whoever knows it may send it anywhere


@pytest.mark.parametrize(
    "url", ["rtsp://198.51.100.66/one", "rtsp://192.0.2.10:8554/one", "http://192.0.2.10/one", "rtsps://192.0.2.10/one"]
)
def test_a_kept_password_goes_to_no_other_place_unless_it_is_given_again(tmp_path: Path, url: str) -> None:
    """Else whoever may change cameras could have it sent to a place of their own."""
    with page(tmp_path, FILE, kind="file") as file:
        assert file.refused("change", key="front", settings={"rtsp_url": url})[:2] == ("malformed", "rtsp_password")
        small = {"rtsp_url_small": url}
        assert file.refused("change", key="front", settings=small)[:2] == ("malformed", "rtsp_password")
        aside = {"rtsp_password": "", "rtsp_url_small": url}
        file.change("front", **aside)
        assert not any(camera.address and camera.address.password for camera in read_cameras_file(file.path))
        file.change("front", rtsp_url_small=None, rtsp_password="s3cret")  # noqa: S106 the test's own
        own = {"rtsp_url_small": url.replace("://", "://u:own@"), "rtsp_url": url}
        assert file.refused("change", key="front", settings=own)[:2] == ("malformed", "rtsp_password")
        file.change("front", rtsp_url=url, rtsp_password="another")  # noqa: S106 the test's own
        file.change("front", rtsp_url="rtsp://203.0.113.1/x", rtsp_password=None)
        assert not file.settings("front")["has_password"]
        file.change("front", rtsp_url="rtsp://u:p@203.0.113.2/x")
        assert file.settings("front")["has_password"]


ENCRYPTED = (
    '[[camera]]\ndevice_key = "front"\nrtsp_url = "{}://192.0.2.10/one"\n'
    'rtsp_username = "me"\nrtsp_password = "s3cret"\n'
)


@pytest.mark.parametrize("scheme", ["rtsps", "https"])
def test_a_kept_password_goes_to_no_server_whose_certificate_is_no_longer_checked(tmp_path: Path, scheme: str) -> None:
    """Somebody else may answer at the same address, or between us and it."""
    with page(tmp_path, ENCRYPTED.format(scheme), kind="file") as file:
        unchecked = {"rtsp_tls_verify": False}
        for settings in (unchecked, {**unchecked, "rtsp_url": f"{scheme}://192.0.2.10/two"}):
            for do in ("change", "test", "record"):
                why, field, words = file.refused(do, key="front", settings=settings)
                assert (why, field) == ("malformed", "rtsp_password")
                assert "certificate" in words
        file.change("front", rtsp_password="s3cret", **unchecked)  # noqa: S106 whoever knows it may send it anywhere
        file.change("front", rtsp_url=f"{scheme}://192.0.2.10/two")
        file.change("front", rtsp_tls_verify=True)
        assert file.refused("change", key="front", settings=unchecked)[:2] == ("malformed", "rtsp_password")
        file.change("front", rtsp_password=None, **unchecked)
        assert not file.settings("front")["has_password"]


def test_the_check_of_a_certificate_is_nothing_to_a_camera_without_one(tmp_path: Path) -> None:
    """Nor how its packets come."""
    with page(tmp_path, ENCRYPTED.format("rtsp"), kind="file") as file:
        file.change("front", rtsp_tls_verify=False, rtsp_transport="udp")
        file.change("front", rtsp_url="rtsp://192.0.2.10/two")
        encrypted = {"rtsp_url": "rtsps://192.0.2.10/two"}
        assert file.refused("change", key="front", settings=encrypted)[1] == "rtsp_password"


def test_a_recording_with_a_kept_password_is_of_the_kept_address(tmp_path: Path) -> None:
    """It hides the password wherever it stands: so one of an address full of words would tell which of them it is."""
    with page(tmp_path, ENCRYPTED.format("rtsp"), kind="file") as file:
        for name in ("rtsp_url", "rtsp_url_small"):
            made_up = {name: "rtsp://192.0.2.10/hunter2/s3cret"}
            assert file.refused("record", key="front", settings=made_up)[:2] == ("malformed", "rtsp_password")


def test_a_password_file_gives_way_to_a_password_of_the_page(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("in a file\n")
    text = f'[[camera]]\ndevice_key = "a"\nrtsp_url = "rtsp://192.0.2.1/"\nrtsp_password_file = "{secret}"\n'
    with page(tmp_path, text, kind="file") as file:
        assert file.settings("a")["has_password"]
        assert file.settings("a")["settings"]["rtsp_password_file"] == str(secret)
        file.change("a", fps=4)
        assert "rtsp_password_file" in file.text
        file.change("a", rtsp_password="of the page")  # noqa: S106 the test's own
        assert "rtsp_password_file" not in file.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rtsp_url", "/etc/passwd"),
        ("rtsp_url", "file:///etc/passwd"),
        ("rtsp_url", "rtmp://192.0.2.1/live"),
        ("rtsp_url", "rtsp://169.254.169.254/latest"),
        ("rtsp_url", "http://metadata.google.internal./x"),
        ("rtsp_url", "http://[fd00:ec2::254]/x"),
        ("rtsp_url", "http://[::ffff:169.254.169.254]/x"),
        ("rtsp_url", "x" * 3000),
        ("rtsp_url", 5),
        ("rtsp_url", None),
        ("rtsp_url_small", "gopher://192.0.2.1"),
        ("rtsp_password_file", "/etc/shadow"),
        ("rtsp_ca_file", "/etc/shadow"),
        ("device_key", "another"),
        ("nothing_of_ours", 1),
        ("name", "n" * 101),
        ("enabled", "perhaps"),
        ("fps", 0),
        ("fps", "often"),
        ("jpeg_quality", 101),
        ("widths", "1,2"),
        ("rotate", 45),
        ("flip", "over"),
        ("crop", "1,1,0,0"),
        ("privacy_masks", "0,0"),
        ("privacy_mask_style", "blur"),
        ("overlay", "{nothing}"),
        ("overlay_place", "middle"),
        ("overlay_size", 90),
        ("time_zone", "Mars/Base"),
        ("aspect", "100:1"),
        ("capture_interval", 0),
        ("capture_quality", {"a": 1}),
        ("open_seconds", 1e9),
        ("stall_seconds", []),
        ("frozen_seconds", -1),
        ("skip_identical", 7),
        ("rtsp_transport", "pigeon"),
        ("rtsp_tls_verify", "x"),
        ("decoder", "magic"),
        ("idle", "sleep"),
        ("rtsp_username", 5),
        ("rtsp_password", ["a"]),
        ("archive_keep", 5),
        ("archive_keep", "x" * 201),
        ("archive_max_bytes", -1),
        ("archive_max_bytes", True),
        ("archive_max_bytes", 2**70),
        ("capture_when", ["always"]),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_changes_nothing(empty: Page, name: str, value: Any) -> None:
    empty.add()
    why, field, words = empty.refused("change", key="garden", settings={name: value, "fps": 7} | {name: value})
    assert (why, field) == ("malformed", name)
    assert words
    if name != "device_key":
        assert empty.refused("add", settings={"rtsp_url": "rtsp://192.0.2.1/", name: value})[:2] == ("malformed", name)


def test_every_setting_that_is_described_can_be_set_or_is_said_not_to(empty: Page) -> None:
    """And each that the page may change takes its own default."""
    fields = empty.listed()["fields"]
    names = {each["name"] for each in fields}
    assert names == {
        *CameraSettings.model_fields,
        "rtsp_password_file",
        "archive_keep",
        "archive_max_bytes",
        "capture_when",
    }
    empty.add()
    given = {each["name"]: each["default"] for each in fields if each["can_change"] and each["default"] is not None}
    empty.change("garden", **given)
    assert empty.settings("garden")["settings"].keys() >= given.keys()
    secret = [each["name"] for each in fields if each["is_secret"]]
    assert secret == ["rtsp_password"]
    by_name = {each["name"]: each for each in fields}
    assert (by_name["fps"]["minimum"], by_name["fps"]["maximum"], by_name["fps"]["kind"]) == (0, 120, "number")
    assert by_name["rotate"]["choices"] == [0, 90, 180, 270]
    assert by_name["rtsp_url_small"]["kind"] == "address"
    assert by_name["open_seconds"]["unit"] == "seconds"


def test_what_an_editor_wrote_meanwhile_is_never_overwritten(tmp_path: Path) -> None:
    with page(tmp_path, FILE, kind="file") as file:
        theirs = FILE.replace("stream1", "stream2")
        file.path.write_text(theirs)
        why, field, words = file.refused("change", key="garden", settings={"fps": 9})
        assert (why, field) == ("changed", None)
        assert "meanwhile" in words
        assert file.text == theirs
        file.listed()
        file.change("garden", fps=9)
        assert file.text == theirs + "fps = 9\n"


def test_an_editor_that_is_quicker_by_a_moment_is_not_overwritten_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes between our reading and our writing."""
    with page(tmp_path, FILE, kind="file") as file:
        real = os.fsync

        def fsync(descriptor: int) -> None:
            file.path.write_text("# mine\n" + FILE)
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(ControlRefusedError) as refused:
            file.changes.change(file.version, "garden", {"fps": 9})
        assert refused.value.why == "changed"
        assert file.text == "# mine\n" + FILE
        assert not file.path.with_name(".cameras.toml.new").exists()


def test_of_two_who_change_at_once_one_is_told(empty: Page) -> None:
    empty.add()
    version, outcomes = empty.version, list[str]()

    def change(name: str) -> None:
        try:
            empty.changes.change(version, "garden", {"name": name})
            outcomes.append(name)
        except ControlRefusedError as error:
            outcomes.append(error.why)

    people = [threading.Thread(target=change, args=(f"Garden {number}",)) for number in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert outcomes.count("changed") == 5
    (name,) = set(outcomes) - {"changed"}
    assert f'name = "{name}"' in empty.text


def test_a_request_that_comes_again_is_told_that_it_was_done(tmp_path: Path) -> None:
    """Ingest kept the change and ended before it could answer: the next one gets the same request."""
    with page(tmp_path, FILE, kind="file") as file:
        changes, version = file.changes, file.version
        requests: list[Callable[[str], Changed]] = [
            lambda version: changes.change(version, "garden", {"name": "Beds"}),
            lambda version: changes.add(version, {"name": "Gate", "rtsp_url": "rtsp://192.0.2.9/"}),
            lambda version: changes.order(version, ["gate", "front", "garden"]),
            lambda version: changes.remove(version, "front"),
        ]
        for request in requests:
            done, follows = request(version), len(file.follows)
            assert request(version) == done
            assert len(file.follows) == follows
            version = done.version
        with pytest.raises(ControlRefusedError, match="meanwhile"):
            requests[0](file.version)
        file.path.write_text(file.text + "# mine\n")
        with pytest.raises(ControlRefusedError, match="meanwhile"):
            requests[3](version)


def test_a_cameras_file_that_is_gone_is_not_made_anew_with_one_camera(tmp_path: Path) -> None:
    """Its other cameras would be gone, too: they run on, and come back with the file."""
    with page(tmp_path, FILE, kind="file") as file:
        file.path.unlink()
        for version in (file.version, "none"):
            file.version = version
            why, _, words = file.refused("add", settings={"rtsp_url": "rtsp://192.0.2.9/"})
            assert (why, "Put the file back" in words) == ("not_here", True)
        answer = file.home.answer("cameras", {}, local=True)
        assert answer.refusal is not None
        assert answer.refusal.why == "not_here"


def test_two_hundred_cameras_fit_and_no_more_and_all_are_told(empty: Page) -> None:
    """An answer holds some of them, and says where the next one begins."""
    half = f"0.5{'0' * 24}"
    long = "; ".join([f"0,0 {half},0 0,{half}"] * 32)
    text = "".join(
        f'[[camera]]\ndevice_key = "c{number}"\nrtsp_url = "rtsp://192.0.2.1/{number}"\nprivacy_masks = "{long}"\n'
        for number in range(199)
    )
    empty.path.parent.mkdir(exist_ok=True)
    empty.path.write_text(text)
    empty.listed()
    empty.do("add", settings={"device_key": "last", "rtsp_url": "rtsp://192.0.2.1/last"})
    why, _, _ = empty.refused("add", settings={"device_key": "more", "rtsp_url": "rtsp://192.0.2.1/more"})
    assert why == "full"
    keys, after = list[str](), 0
    while after is not None:
        told = empty.home.ask("cameras", {"after": after}, local=True)
        keys += [each["key"] for each in told["cameras"]]
        after = told["next"]
    assert keys == [*(f"c{number}" for number in range(199)), "last"]
    assert empty.text.startswith(text)
    empty.do("order", keys=["last", *keys[:-1]])
    assert read_cameras_file(empty.path)[0].device_key == "last"


def test_an_order_names_each_camera_once(tmp_path: Path) -> None:
    with page(tmp_path, FILE, kind="file") as file:
        for keys in (["garden"], ["garden", "garden"], ["garden", "front", "more"]):
            assert file.refused("order", keys=keys)[0] == "malformed"
        file.do("order", keys=["garden", "front"])
        assert [camera.device_key for camera in read_cameras_file(file.path)] == ["garden", "front"]
        assert '# by hand\n[[camera]]\ndevice_key = "front" # the bell' in file.text


def test_removing_leaves_the_others_and_pictures_are_not_deleted_here(tmp_path: Path) -> None:
    with page(tmp_path, FILE, kind="file") as file:
        why, field, words = file.refused("remove", key="garden", archive="delete")
        assert (why, field) == ("not_here", "archive")
        assert "framecast camera forget garden --yes" in words
        assert file.refused("remove", key="shed")[0] == "unknown"
        file.do("remove", key="garden")
        assert file.text == FILE[: FILE.index("# second")]
        assert file.refused("remove", key="front")[0] == "not_here", "CAMERAS_FILE must name one"


def test_a_camera_of_the_environment_is_shown_and_can_t_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"RTSP_URL": "rtsp://u:pw@192.0.2.1/", "FPS": "5", "RTSP_PASSWORD": "s3cret-beside"}.items():
        monkeypatch.setenv(f"CAMERA_{name}", value)
    with page(tmp_path, kind="environment", camera=CameraEnvironment()) as shown:
        told = shown.listed()
        assert (told["origin"], told["can_change"], told["version"]) == ("environment", False, "none")
        (camera,) = told["cameras"]
        assert camera["settings"] == {"fps": 5, "rtsp_url": "rtsp://***@192.0.2.1/", "rtsp_username": "u"}
        assert camera["has_password"]
        assert "s3cret" not in str(told)
        assert shown.refused("add", settings=GARDEN)[0] == "not_here"
        assert shown.refused("change", key="camera_1", settings={"fps": 3})[0] == "not_here"


def test_a_link_that_leads_to_another_file_by_now_is_followed(tmp_path: Path) -> None:
    """Tools that keep such files elsewhere change the link, and ingest reads what it leads to."""
    for name in ("one", "other"):
        (tmp_path / name).write_text(FILE)
    (tmp_path / "cameras.toml").symlink_to("one")
    with page(tmp_path, kind="file") as file:
        (tmp_path / "new").symlink_to("other")
        (tmp_path / "new").replace(file.path)
        file.change("garden", fps=9)
        assert file.path.is_symlink()
        assert (tmp_path / "one").read_text() == FILE
        assert (tmp_path / "other").read_text() == FILE + "fps = 9\n"


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Where every user may write."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o777)
        yield Path(made)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_another_user_can_t_be_changed(open_directory: Path) -> None:
    """Its owner would lose it: a new file takes its place, which only root may give to somebody else."""
    script = """
import os, sys
from pathlib import Path
from services.ingest.cameras.kept_file import KeptFile
os.setuid(65534)
print(KeptFile(Path(sys.argv[1])).why_not_writable())
"""
    path = open_directory / "cameras.toml"
    path.write_text(FILE)
    path.chmod(0o666)

    def told() -> str:
        command = [sys.executable, "-c", script, str(path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "belongs to another user" in told()
    os.chown(path, 65534, 65534)
    assert told() == "None\n"


@pytest.mark.disks
def test_a_file_that_ingest_may_not_write_is_shown_and_can_t_be_changed(tmp_path: Path) -> None:
    with ext4(tmp_path) as disk, page(disk.point, FILE, kind="file") as file:
        run("mount", "-o", "remount,ro", str(disk.point))
        told = file.listed()
        assert [each["key"] for each in told["cameras"]] == ["front", "garden"]
        assert not told["can_change"]
        assert str(file.path) in told["why_not"]
        assert file.refused("change", key="garden", settings={"fps": 3})[0] == "not_here"
        run("mount", "-o", "remount,rw", str(disk.point))


@pytest.mark.disks
def test_on_a_full_disk_nothing_changes_and_it_is_said(tmp_path: Path) -> None:
    with ext4(tmp_path, size="8M") as disk, page(disk.point, FILE, kind="file") as file:
        with suppress(OSError), (disk.point / "filler").open("wb", 0) as filler:
            while True:
                filler.write(bytes(4096))
        why, field, words = file.refused("change", key="garden", settings={"fps": 3})
        assert (why, field) == ("busy", None)
        assert "full" in words
        assert {path.name for path in disk.point.iterdir()} <= {"cameras.toml", "filler", "owner", "lost+found"}
        (disk.point / "filler").unlink()
        file.change("garden", fps=3)
        assert file.text == FILE + "fps = 3\n"


@pytest.mark.parametrize("text", ["camera = [{device_key = 'a'}]\n", "[[camera]]\n", "nonsense"])
def test_a_file_that_only_hands_can_mend_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "owner").mkdir()
    with page(tmp_path, FILE, kind="file") as file:
        file.path.write_text(text)
        answer = file.home.answer("cameras", {}, local=True)
        assert answer.refusal is not None
        assert answer.refusal.why == "not_here"


@pytest.mark.parametrize("value", ["1979-05-27", "[1, 'x']", "inf", "{ a = 1 }"])
def test_an_archive_key_that_no_answer_can_hold_is_shown_as_text(tmp_path: Path, value: str) -> None:
    """Ingest does not judge these keys. A file that it uses must not keep the page from showing the others."""
    text = f'[[camera]]\ndevice_key = "a"\nrtsp_url = "rtsp://192.0.2.1/"\narchive_keep = {value}\n'
    with page(tmp_path, text, kind="file") as file:
        shown = file.settings("a")["settings"]["archive_keep"]
        assert isinstance(shown, str)
        assert shown
        file.change("a", fps=4)
        assert f"archive_keep = {value}\nfps = 4" in file.text


def test_a_value_that_the_library_gives_up_on_is_left_to_hands(tmp_path: Path) -> None:
    """In words, not as a fault of ingest's."""
    lists = f"{'[' * 150}{']' * 150}"
    text = f'[[camera]]\ndevice_key = "a"\nrtsp_url = "rtsp://192.0.2.1/"\ncapture_when = {lists}\n'
    with page(tmp_path, text, kind="file") as file:
        why, field, words = file.refused("change", key="a", settings={"fps": 4})
        assert (why, field) == ("not_here", None)
        assert "only changed by hand" in words


def test_a_key_of_any_length_in_the_file_is_refused_with_an_answer(tmp_path: Path) -> None:
    """The field that a refusal names has a limit, and the key may be longer."""
    with page(tmp_path, FILE, kind="file") as file:
        file.path.write_text(f'{FILE}"{"k" * 100}" = 1\n')
        file.version = KeptFile(file.path).read().version
        why, field, _ = file.refused("change", key="garden", settings={"fps": 4})
        assert (why, field) == ("malformed", "k" * 64)
