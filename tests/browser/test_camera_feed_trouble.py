"""<camera-feed> during problems: it gives the reason, never shows an old picture as live, and recovers by itself."""

import json
import signal
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute

from shared.bus.status import CameraState
from tests.browser.site import PATIENCE_SECONDS, Site, filmed, open_feeds, running_site
from tests.support.ports import free_port
from tests.support.services import ServiceProcess, Stack
from tests.support.waiting import wait_until
from tests.web.support import SECRETS

pytestmark = pytest.mark.browser
FEED = '<camera-feed camera="cam1"></camera-feed>'
FEED_OF = '<camera-feed camera="cam1" src="{}/"></camera-feed>'


def block_sockets(page: Page) -> None:
    page.add_init_script("window.WebSocket = class extends WebSocket { constructor() { super('ws://127.0.0.1:9'); } }")


def test_without_websockets_it_reads_the_stream(page: Page, site: Site) -> None:
    """A proxy may refuse WebSockets. The element tries its socket again later and then switches to it."""
    page.add_init_script(
        """window.blocked = true;
        window.WebSocket = class extends WebSocket {
            constructor(url) { super(window.blocked ? "ws://127.0.0.1:9" : url); }
        };"""
    )
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live", "fetch")
    feed.moves()
    assert site.viewers() == 1
    page.evaluate("window.blocked = false; heard.length = 0")
    feed.is_("live", "websocket")
    wait_until(lambda: site.viewers() == 1, "the stream is released")
    assert page.evaluate("heard") == [], "the switch was noticeable"


@pytest.mark.parametrize(
    ("refused", "transport"),
    [(["fetch"], "img"), (["fetch", "img"], "snapshot")],
)
def test_it_falls_back_to_the_next_transport(page: Page, site: Site, refused: list[str], transport: str) -> None:
    """An <img> if the page can't read bytes, single pictures if an endless response is impossible."""
    block_sockets(page)
    kinds = {"fetch": "fetch", "img": "image"}
    page.route(
        "**/stream?*",
        lambda route: (
            route.abort() if route.request.resource_type in [kinds[name] for name in refused] else route.continue_()
        ),
    )
    # On the page's own origin a failed fetch means that no server answers. On another the browser may have refused it.
    (feed,) = open_feeds(page, site.origin.replace("127.0.0.1", "localhost"), FEED_OF.format(site.origin))
    feed.is_("live", transport)


@pytest.mark.parametrize("mode", ["websocket", "fetch", "img", "snapshot"])
def test_each_transport_can_be_chosen_and_survives_an_outage_of_the_camera(page: Page, site: Site, mode: str) -> None:
    """Stale with the reason during the outage, live afterwards."""
    (feed,) = open_feeds(page, site.origin, f'<camera-feed camera="cam1" mode="{mode}"></camera-feed>')
    feed.is_("live", mode)
    site.cameras.moving.clear()
    site.cameras.say("cam1", CameraState.OFFLINE, last_error="The cable is out.")
    feed.is_("stale")
    wait_until(lambda: "The cable is out." in feed.facts()["reason"], "the reason is shown", PATIENCE_SECONDS)
    site.cameras.say("cam1", CameraState.LIVE)
    site.cameras.moving.add("cam1")
    feed.is_("live", mode)
    assert [kind for kind, _ in page.evaluate("heard") if kind != "statechange"][-2:] == ["stale", "live"]


def test_the_servers_placeholder_is_not_dimmed_again(page: Page, site: Site) -> None:
    """The placeholder already has the reason in it. A second text over it would be unreadable."""
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    site.cameras.moving.clear()
    site.cameras.say("cam1", CameraState.OFFLINE, last_error="The cable is out.")
    feed.is_("stale")
    looks = """feed => [feed.shadowRoot.querySelector("canvas").classList.contains("dim"),
                        feed.shadowRoot.querySelector("[part=notice]").hidden]"""
    assert feed.evaluate(looks) == [False, True]


def test_a_stalled_connection_is_noticed_and_replaced(page: Page, site: Site) -> None:
    """Half-open sockets stay open for minutes. Meanwhile the age keeps growing."""
    silent = False
    server_sides: list[WebSocketRoute] = []

    def relay(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server_sides.append(server)
        number = len(server_sides)

        def pass_on(message: str | bytes) -> None:
            if not (silent and number == 1):
                route.send(message)

        server.on_message(pass_on)

    page.route_web_socket("**/ws*", relay)
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live", "websocket")
    silent = True
    wait_until(lambda: feed.facts()["ageMs"] > 1_500, "the picture gets older", PATIENCE_SECONDS)
    wait_until(lambda: feed.facts() and len(server_sides) > 1, "another socket is opened", PATIENCE_SECONDS)
    feed.is_("live", "websocket")
    feed.moves()


def test_silence_is_told_within_three_seconds(page: Page, site: Site) -> None:
    """Wherever the last picture came between two of the element's ticks. The page's clock stands still meanwhile."""
    is_silent = False

    def relay(route: WebSocketRoute) -> None:
        route.connect_to_server().on_message(lambda message: None if is_silent else route.send(message))

    page.clock.install()
    page.route_web_socket("**/ws*", relay)
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live", "websocket")
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    feed.moves()
    is_silent = True
    page.wait_for_timeout(500)  # what was under way is painted
    page.clock.run_for(2_700)
    assert feed.facts()["state"] == "live"
    page.clock.run_for(290)
    assert feed.facts()["state"] == "stale"


def test_without_a_network_it_is_offline_and_comes_back_at_once(page: Page, site: Site) -> None:
    """The last picture stays visible, dimmed, with the reason over it."""
    (feed,) = open_feeds(page, site.origin, '<camera-feed camera="cam1" mode="fetch"></camera-feed>')
    feed.is_("live")
    page.context.set_offline(True)
    feed.evaluate("feed => { feed.pause(); }")
    feed.is_("paused")
    feed.evaluate("feed => { feed.resume(); }")
    feed.is_("offline")
    assert "can't be reached" in feed.facts()["reason"]
    notice = page.locator("camera-feed [part=notice]")
    assert "can't be reached" in (notice.text_content() or "")
    assert "Last picture" in (notice.text_content() or "")
    assert feed.evaluate("feed => feed.shadowRoot.querySelector('canvas').classList.contains('dim')")
    page.context.set_offline(False)
    feed.is_("live")


@pytest.mark.parametrize("decoder", ["ImageDecoder", "createImageBitmap"])
def test_pictures_that_cannot_be_decoded_are_skipped_and_counted(page: Page, site: Site, decoder: str) -> None:
    """One bad picture would end an <img>. The element shows the next good one.

    Browsers offer ImageDecoder only to pages loaded over HTTPS or from this machine.
    """
    if decoder != "ImageDecoder":
        page.add_init_script("delete window.ImageDecoder;")
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    site.cameras.spoilt = True
    wait_until(lambda: feed.facts()["undecodable"] > 3, "bad pictures are counted", PATIENCE_SECONDS)
    wait_until(lambda: feed.facts()["state"] != "live", "bad pictures are not live", PATIENCE_SECONDS)
    site.cameras.spoilt = False
    feed.is_("live")
    feed.moves()


def test_while_a_picture_is_decoded_only_the_newest_other_one_waits(page: Page, site: Site) -> None:
    """A busy machine shows fewer pictures, each as new as possible, and receives no more than it can decode."""
    page.add_init_script(
        """window.received = [];
        window.WebSocket = class extends WebSocket {
            constructor(url) {
                super(url);
                this.addEventListener("message", ({ data }) => {
                    const header = new TextDecoder().decode(data.slice(4, 4 + new DataView(data).getUint32(0)));
                    window.received.push(JSON.parse(header).captured_at_ms);
                });
            }
        };
        window.shown = [];
        addEventListener("picture", ({ detail }) => window.shown.push(detail.capturedAt.getTime()));
        const decode = ImageDecoder.prototype.decode;
        const free = new Promise((resolve) => (window.release = resolve));
        ImageDecoder.prototype.decode = async function () {
            await free;
            return decode.call(this);
        };"""
    )
    open_feeds(page, site.origin, FEED)
    wait_until(lambda: page.evaluate("received.length") == 3, "two arrive while the first is decoded", PATIENCE_SECONDS)
    page.evaluate("release()")
    wait_until(lambda: page.evaluate("shown.length") > 1, "two are shown", PATIENCE_SECONDS)
    received, shown = page.evaluate("[received, shown]")
    assert shown[:2] == [received[0], received[2]]


def test_an_unknown_camera_does_not_affect_the_others(page: Page) -> None:
    """The server closes the whole socket because of it. The other feeds continue."""
    with running_site("cam1", "cam2") as site:
        markups = [
            f'<camera-feed camera="{key}" style="width:300px"></camera-feed>' for key in ("cam1", "none", "cam2")
        ]
        wait_until(
            lambda: site.replica.request("/api/cameras/none/snapshot")[0] == 404, "the server answers 404 for it"
        )
        feeds = open_feeds(page, site.origin, *markups)
        feeds[1].is_("offline")
        assert "There is no camera 'none'" in feeds[1].facts()["reason"]
        for feed in (feeds[0], feeds[2]):
            feed.is_("live", "websocket")
            feed.moves()
        page.evaluate("heard.length = 0")
        wait_until(lambda: feeds[0].evaluate("feed => feed.fps") > 5, "the first feed continues", PATIENCE_SECONDS)
        assert [kind for kind, detail in page.evaluate("heard") if kind == "stale"] == []


def test_a_wrong_clock_does_not_make_new_pictures_look_old(page: Page, site: Site) -> None:
    """If the clocks can't both be right, the element takes the age that the server measured."""
    site.cameras.clock_ahead_seconds = -7_200.0
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    wait_until(lambda: feed.facts()["ageMs"] < 3_000, "it is fresh", PATIENCE_SECONDS)
    site.cameras.moving.clear()
    site.cameras.say("cam1", CameraState.OFFLINE)
    wait_until(lambda: feed.facts()["ageMs"] > 2_000, "it gets older", PATIENCE_SECONDS)


def answers(port: int) -> bool:
    """Whether the replica at this port knows a camera."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/devices", timeout=2) as answer:
            return bool(json.load(answer)["devices"])
    except OSError:
        return False


@pytest.mark.parametrize("mode", ["auto", "img"])
def test_the_feed_recovers_when_a_killed_replica_is_started_again(page: Page, tmp_path: Path, mode: str) -> None:
    """On a kiosk nobody can reload the page."""
    bus, port = f"tcp://127.0.0.1:{free_port()}", free_port()
    environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port)}
    with filmed(bus, "cam1"):
        first = ServiceProcess("services.stream", environment, tmp_path / "first.log")
        try:
            wait_until(lambda: answers(port), "the replica answers", PATIENCE_SECONDS)
            markup = f'<camera-feed camera="cam1" mode="{mode}"></camera-feed>'
            (feed,) = open_feeds(page, f"http://127.0.0.1:{port}", markup)
            feed.is_("live")
            first.signal(signal.SIGKILL)
            feed.is_("offline")
        finally:
            first.stop()
        second = ServiceProcess("services.stream", environment, tmp_path / "second.log")
        try:
            feed.is_("live", seconds=60)  # the longest wait between two attempts, and a start on a busy machine
            if mode == "auto":
                feed.moves()
        finally:
            second.stop()


def test_a_missing_login_is_explained(page: Page) -> None:
    """Without the text, the viewer would only see an empty picture."""
    with running_site(settings=SECRETS) as site:
        (feed,) = open_feeds(page, site.origin, FEED)
        feed.is_("offline")
        assert feed.facts()["reason"] == f"Log in at {site.origin}/ first, or use a share link."


def test_more_feeds_than_the_browser_has_connections_for_all_show_pictures(page: Page) -> None:
    """Without WebSockets, over HTTP/1.1: four feeds stream, the others load single pictures."""
    keys = tuple(f"cam{number}" for number in range(1, 8))
    block_sockets(page)
    with running_site(*keys) as site:
        tile = '<camera-feed camera="{}" style="width:120px;float:left"></camera-feed>'
        feeds = open_feeds(page, site.origin, *(tile.format(key) for key in keys))
        for feed in feeds:
            feed.is_("live")
        transports = [feed.facts()["transport"] for feed in feeds]
        assert transports.count("fetch") == 4
        assert transports.count("snapshot") == 3


def test_a_stack_of_real_services_plays(page: Page, tmp_path: Path) -> None:
    """The demo camera, as a newcomer sees it."""
    with Stack(tmp_path) as stack:
        (feed,) = open_feeds(page, stack.origin, "<camera-feed></camera-feed>")
        feed.is_("live", "websocket")
        wait_until(lambda: feed.facts()["fps"] > 2, "it moves", PATIENCE_SECONDS)
