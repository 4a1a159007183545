"""The page of cameras in real Chromium, at phone and desk, with the three services as they run and a real camera."""

import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from time import monotonic

import pytest
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, Route, expect

from services.stream.base import access_texts
from tests.browser.cameras_page import (
    AWAY,
    card,
    has,
    listed,
    open_settings,
    page_of,
    running,
    save,
    setting,
    status,
    without_cameras,
)
from tests.browser.sizes import fits, keep_of, opened
from tests.support.accessibility import assert_accessible
from tests.support.asking import ask
from tests.support.camera import RtspCamera
from tests.support.camera_house import PASSWORD, SECRET, House, pasted
from tests.support.figures import note
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.camera]
expect.set_options(timeout=30_000)
MOST_INTERACTIONS = 8
PICTURE = "#tiles > [data-state=live]"


@pytest.fixture(scope="module")
def camera() -> Iterator[RtspCamera]:
    with RtspCamera(username="me", password=SECRET) as made:
        yield made


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("cameras")) as house:
        yield house


@pytest.fixture
def house(shared_house: House) -> House:
    """Without a camera."""
    return without_cameras(shared_house)


def snapshot(house: House, key: str) -> Image.Image | None:
    """In gray; None while the camera is connected anew."""
    answer = ask(house.port, "GET", f"/api/cameras/{key}/snapshot", house.who)
    return Image.open(BytesIO(answer.body)).convert("L") if answer.status == 200 else None


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_somebody_new_adds_the_first_camera(tmp_path: Path, chromium: Browser, camera: RtspCamera, size: str) -> None:
    """From the line with the code to the own camera's live picture, without a file and without a restart."""
    did: list[str] = []
    with running(tmp_path, is_claimed=False) as house, page_of(chromium, house, size, f"setup#{house.code()}") as page:
        began_at = monotonic()
        did.append("opens the address with the code")
        page.get_by_label(access_texts.NEW).fill(PASSWORD)
        page.keyboard.press("Enter")
        did.append("types a password and sends it")
        page.get_by_role("link", name="To the cameras").click()
        did.append("taps To the cameras")
        page.get_by_role("link", name="Add your camera").click()
        did.append("taps Add your camera")
        expect(page.locator("#try").get_by_label("Address")).to_be_focused()
        page.locator("#try").get_by_label("Address").fill(pasted(camera))
        did.append("pastes the address")
        page.get_by_role("button", name="Test").click()
        did.append("taps Test")
        expect(page.locator("#tried img")).to_have_js_property("naturalWidth", 640)
        expect(page.locator("#tried")).to_contain_text(re.compile("H264 · 640 . 360"))
        expect(page.locator("#tried")).to_contain_text("our own reader, TCP")
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "cameras-tried")
        page.locator("#keep").get_by_label("Name").fill("Front door")
        saved_at = monotonic()
        page.get_by_role("button", name="Save", exact=True).click()
        did.append("types a name and saves")
        page.wait_for_url("**/?camera=front_door")
        expect(page.locator(PICTURE)).to_be_visible()
        note("seconds from Save to the live picture", monotonic() - saved_at)
        note("seconds from the code to the own camera's live picture", monotonic() - began_at)
        note("interactions, all files unedited", len(did))
        assert len(did) <= MOST_INTERACTIONS
        assert list(house.owner_dir.iterdir()), "ingest has kept it by itself"


def test_a_wrong_password_stands_beside_its_field(house: House, chromium: Browser, camera: RtspCamera) -> None:
    """And the right one then works, with what was typed before."""
    with page_of(chromium, house, "phone") as page:
        page.locator("#try").get_by_label("Address").fill(f"cam1: {camera.url}#video=h264")
        page.get_by_label("User name").fill("me")
        page.locator("#try").get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Test").click()
        field = page.locator("#try").get_by_label("Password")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#try small.error")).to_contain_text("refused the user name or password")
        assert_accessible(page)
        field.fill(SECRET)
        expect(page.locator("#try small.error")).to_have_count(0)
        page.keyboard.press("Enter")
        expect(status(page, "#try")).to_have_text("It works.")
        expect(page.locator("#tried")).to_contain_text(f"At {camera.url}")
        assert SECRET not in page.content()


def test_an_address_that_can_t_be_one_is_refused_in_ingest_s_words(house: House, chromium: Browser) -> None:
    with page_of(chromium, house) as page:
        page.locator("#try").get_by_label("Address").fill("rtmp://192.0.2.1/live")
        page.get_by_role("button", name="Test").click()
        expect(page.locator("#try small.error")).to_contain_text("RTMP can't be read")
        page.locator("#try").get_by_label("Address").fill(AWAY)
        page.get_by_role("button", name="Test").click()
        expect(page.locator("#try small.error")).to_contain_text("refuses connections")
        page.locator("#keep").get_by_label("Name").fill("Away")
        page.get_by_role("button", name="Save it all the same").click()
        expect(page.get_by_role("heading", name="Away")).to_be_visible()


def test_a_camera_that_was_found_fills_the_form(house: House, chromium: Browser, camera: RtspCamera) -> None:
    """As the search answers by its contract: a device with two streams, and one that wants a login first."""
    streams = [
        {"rtsp_url": camera.url, "source": 1, "codec": "h264", "width": 640, "height": 360, "role": "main"},
        {"rtsp_url": f"{camera.url}?small", "source": 1, "codec": "h264", "width": 320, "height": 180, "role": "sub"},
    ]
    streams[0]["notice"] = "It leads to another host."
    usual: dict[str, object] = {"maker": None, "model": None, "templates": [], "notices": [], "needs_password": None}
    open_one = {**usual, "id": "1", "host": "192.0.2.7", "name": "Shed", "maker": "Acme", "streams": streams}
    shut = {**usual, "id": "2", "host": "192.0.2.8", "name": None, "needs_password": True, "streams": []}
    asked: list[object] = []

    def answer(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(json={"devices": [open_one, shut], "notices": ["Many answer late."], "code": None})

    with page_of(chromium, house, "phone") as page:
        page.route("**/api/settings/cameras/discover", answer)
        page.get_by_role("button", name="Look in your network").click()
        expect(status(page, "#find")).to_have_text("2 devices found. Many answer late.")
        expect(page.locator("#found h3")).to_have_text(["Shed Acme", "192.0.2.8"])
        expect(page.locator("#found article").first).to_contain_text("It leads to another host.")
        assert fits(page)
        assert_accessible(page)
        page.get_by_role("button", name="Ask it with this login: 192.0.2.8").click()
        expect(page.locator("#try").get_by_label("User name")).to_be_focused()
        page.locator("#try").get_by_label("User name").fill("me")
        page.locator("#try").get_by_label("Password").fill(SECRET)
        page.get_by_role("button", name="Ask it with this login: 192.0.2.8").click()
        wait_until(lambda: len(asked) == 2, "it is asked by itself")
        assert asked[1] == {"host": "192.0.2.8", "username": "me", "password": SECRET, "code": None}
        page.get_by_role("button", name=re.compile("^Use it: 640 .*Shed")).click()
        expect(page.locator("#try").get_by_label("Address")).to_have_value(camera.url)
        page.locator("#try").get_by_role("button", name="Test").click()
        expect(status(page, "#try")).to_have_text("It works.")
        expect(page.locator("#keep").get_by_label("Name")).to_have_value("Shed")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/?camera=shed")
    assert house.listed()["cameras"][0]["settings"]["rtsp_url_small"] == f"{camera.url}?***"


def test_a_change_is_seen_in_the_picture_without_a_restart(house: House, chromium: Browser, camera: RtspCamera) -> None:
    """A picture is turned; what is wrong stands beside its field, also in the folded part."""
    has(house, "gate", url=pasted(camera))
    with page_of(chromium, house, path="cameras#gate") as page:
        live = page.locator("#live")
        wait_until(lambda: live.evaluate("image => image.naturalWidth > image.naturalHeight"), "it is live", 20)
        page.locator("#form [name=rotate]").select_option("90")
        save(page)
        expect(status(page, "#form")).to_have_text("Saved.")
        wait_until(lambda: live.evaluate("image => image.naturalWidth < image.naturalHeight"), "it is turned", 20)
        setting(page, "Pictures per second, at most").fill("500")
        save(page)
        expect(page.locator("#form small.error")).to_contain_text("must be a number above 0, at most 120")
        setting(page, "Pictures per second, at most").fill("")
        page.locator("summary").click()
        setting(page, "Patience for a connection").fill("soon")
        page.locator("summary").click()
        save(page)
        expect(setting(page, "Patience for a connection")).to_be_focused()
        expect(page.locator("#form small.error")).to_contain_text("must be a number of seconds from 1 to 300")
        setting(page, "Patience for a connection").fill("")
        page.get_by_role("button", name="Test").click()
        expect(page.locator("#outcome img")).to_have_js_property("naturalHeight", 640)
        setting(page, "Address").fill("rtsp://127.0.0.2/camera")
        save(page)
        expect(page.locator("#form small.error")).to_contain_text("Write the password again")
    assert house.listed()["cameras"][0]["settings"]["rotate"] == 90
    assert "fps" not in house.listed()["cameras"][0]["settings"]


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_mask_is_drawn(house: House, chromium: Browser, camera: RtspCamera, way: str) -> None:
    """On the picture as the camera sends it; after Save what is below is black."""
    has(house, "gate", url=pasted(camera))
    house.wait_until_live("gate")
    with page_of(chromium, house, path="cameras#gate") as page:
        page.get_by_role("button", name="Draw masks and crop").click()
        canvas = page.locator("#canvas")
        expect(page.get_by_role("button", name="Add a mask")).to_be_focused()
        if way == "mouse":
            box = canvas.bounding_box()
            assert box is not None
            drag(page, box, (0.1, 0.4), (0.3, 0.7))
            drag(page, box, (0.2, 0.5), (0.4, 0.5))
            drag(page, box, (0.5, 0.7), (0.6, 0.8))
        else:
            page.keyboard.press("Enter")
            expect(page.get_by_role("button", name=re.compile("^Mask 1: 20 . 20 %, at 40 % and 40 %$"))).to_be_focused()
            for key in [*["ArrowLeft"] * 10, *["Shift+ArrowRight"] * 10, *["Shift+ArrowDown"] * 20]:
                page.keyboard.press(key)
        expect(page.get_by_role("button", name="Mask 1:")).to_have_text(
            re.compile("^Mask 1: 30 . 40 %, at 30 % and 40 %$")
        )
        assert_accessible(page)
        keep_of(page, f"cameras-mask-{way}")
        expect(setting(page, "Masks")).to_have_value("0.3,0.4 0.6,0.4 0.6,0.8 0.3,0.8")
        save(page)
        expect(status(page, "#form")).to_have_text("Saved.")
        wait_until(lambda: is_masked(house), "it is masked", 20)
        page.get_by_role("button", name="Draw masks and crop").click()
        page.get_by_role("button", name="Mask 1:").press("Delete")
        expect(setting(page, "Masks")).to_have_value("")
        page.get_by_role("button", name="Crop", exact=True).click()
        page.keyboard.press("Shift+ArrowLeft")
        expect(setting(page, "Crop")).to_have_value("0.1,0.1,0.79,0.8")
        save(page)
        expect(status(page, "#form")).to_have_text("Saved.")
        wait_until(lambda: size_of(house) == (506, 288), "it is cropped", 20)
        assert not is_masked(house)


def drag(page: Page, box: FloatRect, start: tuple[float, float], end: tuple[float, float]) -> None:
    """In shares of the box."""
    (left, top), (right, bottom) = (
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)
    )
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right, bottom)
    page.mouse.up()


def size_of(house: House) -> tuple[int, int] | None:
    picture = snapshot(house, "gate")
    return None if picture is None else picture.size


def is_masked(house: House) -> bool:
    """Whether the middle of the mask is black."""
    picture = snapshot(house, "gate")
    if picture is None:
        return False
    level = picture.getpixel((round(picture.width * 0.45), round(picture.height * 0.6)))
    assert isinstance(level, int)
    return level < 24


def test_cameras_are_renamed_ordered_switched_off_and_removed(house: House, chromium: Browser) -> None:
    """Each by the keyboard, and the focus stays."""
    has(house, "one", "two", "three")
    with page_of(chromium, house) as page:
        expect(listed(page)).to_have_text(["One", "Two", "Three"])
        up = page.get_by_role("button", name="Move up: Three")
        for names in (["One", "Three", "Two"], ["Three", "One", "Two"]):
            up.press("Enter")
            expect(listed(page)).to_have_text(names)
            expect(up).to_be_focused()
        expect(page.locator("#done")).to_have_text("“Three” is now in place 1.")
        wait_until(lambda: list(house.devices()) == ["three", "one", "two"], "the cameras are in order")

        page.get_by_role("button", name="Switch off: One").press("Enter")
        expect(card(page, "One")).to_contain_text("Switched off")
        wait_until(lambda: house.state("one") == "disabled", "it is off")
        page.get_by_role("button", name="Switch on: One").press("Enter")
        wait_until(lambda: house.state("one") != "disabled", "it is on")

        open_settings(page, "Two")
        setting(page, "Name").fill("Back garden")
        page.keyboard.press("Enter")
        expect(status(page, "#form")).to_have_text("Saved.")
        page.get_by_role("link", name="All cameras").click()
        expect(listed(page)).to_have_text(["Three", "One", "Back garden"])

        page.get_by_role("button", name="Remove: Three").press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("Remove “Three”?")
        assert_accessible(page)
        page.get_by_role("button", name="Cancel").click()
        expect(listed(page)).to_have_count(3)
        page.get_by_role("button", name="Remove: Three").press("Enter")
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(listed(page)).to_have_text(["One", "Back garden"])
        expect(page.locator("#done")).to_contain_text("Pictures of it in the archive stay")
        wait_until(lambda: list(house.devices()) == ["one", "two"], "it is gone")


@pytest.mark.parametrize("choice", ["keep", "delete"])
def test_what_becomes_of_the_pictures_is_asked(
    house: House, chromium: Browser, camera: RtspCamera, choice: str
) -> None:
    key = f"filmed_{choice}"
    has(house, key, url=pasted(camera), capture_interval=1)

    def archived() -> int | None:
        answer = json.loads(ask(house.port, "GET", "/api/camera/frames/cameras", house.who).body)
        return next((int(each["frames"]) for each in answer["cameras"] if each["camera"] == key), None)

    wait_until(archived, "a picture is archived", 30)
    with page_of(chromium, house, "phone") as page:
        page.get_by_role("button", name=re.compile("^Remove: ")).click()
        expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"The archive has [\d,]+ pictures? of it"))
        assert fits(page)
        if choice == "delete":
            page.get_by_label("Delete them for good").check()
        page.get_by_role("button", name="Remove", exact=True).click()
        ending = "are deleted." if choice == "delete" else "in the archive stay."
        expect(page.locator("#done")).to_contain_text(ending, timeout=60_000)
    assert bool(archived()) is (choice == "keep")


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_thirty_cameras(house: House, chromium: Browser, size: str) -> None:
    """With long names. Switched off, so that thirty processes do not run."""
    has(house, *(f"camera_{number}_behind_the_old_shed" for number in range(30)), enabled=False)
    with page_of(chromium, house, size) as page:
        expect(listed(page)).to_have_count(30)
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "cameras-thirty")
        page.get_by_role("button", name=re.compile("^Move down: Camera_0_")).click()
        expect(listed(page).nth(1)).to_have_text("Camera_0_Behind_The_Old_Shed")


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Nobody may write there, not even root."""
    if os.geteuid():
        directory.chmod(0o555)
        yield
        directory.chmod(0o755)
        return
    subprocess.run(["mount", "--bind", str(directory), str(directory)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(directory)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(directory)], check=True)


@pytest.mark.parametrize("place", ["environment", "file"])
def test_cameras_that_are_set_elsewhere_are_shown_and_not_changed(
    tmp_path: Path, chromium: Browser, camera: RtspCamera, place: str
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    file = config / "cameras.toml"
    file.write_text(f'[[camera]]\ndevice_key = "gate"\nrtsp_url = "{pasted(camera)}"\n')
    settings = {"CAMERA_RTSP_URL": pasted(camera)} if place == "environment" else {"CAMERAS_FILE": str(file)}
    with read_only(config), running(tmp_path, is_claimed=True, **settings) as house, page_of(chromium, house) as page:
        words = "Change it there" if place == "environment" else f"The cameras are in {file}"
        expect(page.locator("#note")).to_contain_text(words)
        expect(listed(page)).to_have_count(1)
        expect(page.get_by_role("button", name="Add a camera")).to_be_hidden()
        expect(page.get_by_role("button", name=re.compile("^(Remove|Switch off|Move)"))).to_have_count(0)
        page.get_by_role("link", name=re.compile("^Settings: ")).click()
        expect(setting(page, "Address")).to_be_disabled()
        expect(setting(page, "Address")).to_have_value(camera.url.replace("//", "//***@"))
        expect(page.get_by_role("button", name="Save")).to_be_hidden()
        assert_accessible(page)


def test_without_a_password_the_setup_code_is_asked_for_once(
    tmp_path: Path, chromium: Browser, camera: RtspCamera
) -> None:
    """Also under ALLOW_ANONYMOUS: everybody looks, and the owner alone sets cameras."""
    with (
        running(tmp_path, is_claimed=False, ALLOW_ANONYMOUS="true") as house,
        page_of(chromium, house, "phone") as page,
    ):
        code = page.get_by_label("Setup code")
        expect(code).to_be_visible()
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "cameras-code")
        code.fill("AAAA-AAAA-AAAA")
        page.get_by_role("button", name="Go on").click()
        expect(page.locator("#claim small.error")).to_contain_text("wrong")
        code.fill(house.code())
        page.keyboard.press("Enter")
        for name in ("Gate", "Garden"):
            page.locator("#try").get_by_label("Address").fill(pasted(camera))
            page.keyboard.press("Enter")
            expect(status(page, "#try")).to_have_text("It works.")
            page.locator("#keep").get_by_label("Name").fill(name)
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/?camera={name.lower()}")
            page.get_by_role("navigation", name="Pages").get_by_role("link", name="Cameras").click()
            expect(card(page, name)).to_be_visible()
            expect(code).to_be_hidden()
            if name == "Gate":
                page.get_by_role("button", name="Add a camera").click()


def test_it_works_under_a_path(tmp_path: Path, chromium: Browser, camera: RtspCamera) -> None:
    with (
        running(tmp_path, is_claimed=False, BASE_PATH="/yard") as house,
        page_of(chromium, house, "phone", "yard/cameras/") as page,
    ):
        page.get_by_label("Setup code").fill(house.code())
        page.keyboard.press("Enter")
        page.locator("#try").get_by_label("Address").fill(pasted(camera))
        page.keyboard.press("Enter")
        expect(status(page, "#try")).to_have_text("It works.")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/yard/?camera=camera_1")
        expect(page.locator(PICTURE)).to_be_visible()
        kept = house.owner_dir / "cameras.toml"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_viewer_is_told_who_may(house: House, chromium: Browser) -> None:
    password = {"password": "looking at the garden"}
    answer = ask(
        house.port,
        "PUT",
        "/api/access/passwords/viewer",
        house.who | {"Content-Type": "application/json"},
        json.dumps(password),
    )
    assert answer.status == 200, answer.body
    with opened(chromium, "phone", excused="status of") as page:
        page.goto(f"{house.stack.origin}/login?next=cameras")
        page.get_by_label("Password").fill(password["password"])
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Only the operator can do this.")
        expect(page.locator("#all")).to_be_hidden()
        assert fits(page)
        assert_accessible(page)
