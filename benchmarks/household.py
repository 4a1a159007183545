"""A household's hour: one address behind a proxy, with all its programs at once. Does any limit turn it away?

    .venv/bin/python -m benchmarks.household [--minutes 60]

Twelve cameras at 5 fps. Three tablets show twelve tiles each. Home Assistant asks for the snapshot and the status of
all cameras every 10 s. OctoPrint has one stream and takes snapshots. A recorder takes each camera's main stream. A
browser has two timelines, the status page and, in windows side by side, six live pages, each with all cameras on a
WebSocket. All come through one trusted proxy, so they share one address. Every answer that is neither 2xx
nor 3xx counts, and every stream and socket that ends early. The cameras have a process of their own, which goes before
all else if we may ask for that: where they starve, stream rightly answers that ingest is unreachable.
"""

import argparse
import asyncio
import base64
import json
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, cycle
from pathlib import Path
from typing import Any, Final

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks.bus_camera import BusCamera, cameras_apart
from benchmarks.cores import clean_up_when_terminated
from benchmarks.pictures import moving_pictures
from benchmarks.scrub import fill
from tests.support.services import Stack
from tests.support.waiting import wait_until

CAMERAS: Final = tuple(f"camera_{number}" for number in range(1, 13))
FPS: Final = 5
LARGE: Final = (640, 360)
SMALL: Final = (320, 180)
PASSWORD: Final = "a-household's-password"  # noqa: S105 a secret of the benchmark's own
HOUSEHOLD: Final = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
SETTINGS: Final = {"VIEWER_PASSWORD": PASSWORD, "TRUSTED_PROXIES": "127.0.0.1"}
ARCHIVED_FRAMES: Final = 3000
SHEET_FRAMES: Final = 100
PAGE_CONNECTIONS: Final = 6
"""What a browser opens to one host, over all tabs."""


@dataclass
class Tally:
    """The answers by program and status. A refusal also counts by its words."""

    answers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    pictures: int = 0
    ends_at: float = 0.0

    def count(self, who: str, answer: httpx2.Response, text: str) -> None:
        self.answers[who] += 1
        if answer.status_code >= 400:
            self.refuse(who, f"{answer.status_code} {answer.request.url.path} {text[:120]}")

    def refuse(self, who: str, why: str) -> None:
        self.refusals[f"{who}: {why}"] += 1
        print(f"{time.strftime('%H:%M:%S')} {who}: {why}", flush=True)

    @property
    def seconds_left(self) -> float:
        return self.ends_at - time.monotonic()


class Program:
    """One of the household's programs, with its own connections."""

    def __init__(self, name: str, origin: str, tally: Tally, connections: int = 20, *, basic: bool = False) -> None:
        self.name = name
        self.tally = tally
        self._origin = origin
        self._client = httpx2.AsyncClient(
            base_url=origin,
            headers=HOUSEHOLD,
            auth=("household", PASSWORD) if basic else None,
            limits=httpx2.Limits(max_connections=connections),
            timeout=httpx2.Timeout(20, pool=60),
        )

    async def log_in(self) -> None:
        answer = await self._client.post("/login", data={"password": PASSWORD})
        self.tally.count(self.name, answer, answer.text)
        session = answer.cookies["framecast_session"]
        # The cookie is Secure, and this client speaks plain HTTP to the proxy's back.
        self._client.headers["Cookie"] = f"framecast_session={session}"

    async def get(self, path: str, **query: str | int) -> Any:
        """An answer's JSON, or None. Failures count."""
        try:
            answer = await self._client.get(path, params=query)
        except httpx2.TransportError as error:
            return self.tally.refuse(self.name, f"{type(error).__name__} {path}")
        self.tally.count(self.name, answer, "" if answer.is_success else answer.text)
        is_json = answer.is_success and answer.headers["content-type"].startswith("application/json")
        return answer.json() if is_json else None

    async def watch(self, path: str, **query: str | int) -> None:
        """A stream that must not end before the hour does."""
        try:
            async with asyncio.timeout(self.tally.seconds_left):
                async with self._client.stream("GET", path, params=query) as answer:
                    self.tally.count(self.name, answer, (await answer.aread()).decode() if answer.is_error else "")
                    async for piece in answer.aiter_raw():
                        self.tally.pictures += piece.count(b"--frame\r\n")
                self.tally.refuse(self.name, f"a stream ended: {path}")
        except TimeoutError:
            pass
        except httpx2.TransportError as error:
            self.tally.refuse(self.name, f"{type(error).__name__}: a stream broke: {path}")

    async def watch_socket(self) -> None:
        """A live page's WebSocket with all cameras. It acknowledges every picture."""
        address = f"{self._origin.replace('http', 'ws')}/api/cameras/{CAMERAS[0]}/ws?width={SMALL[0]}"
        headers = HOUSEHOLD | {"Cookie": self._client.headers["Cookie"]}
        try:
            async with asyncio.timeout(self.tally.seconds_left):
                async with connect(address, additional_headers=headers, origin=None, compression=None) as socket:
                    for key in CAMERAS[1:]:
                        await socket.send(json.dumps({"watch": key, "width": SMALL[0]}))
                    async for message in socket:
                        assert isinstance(message, bytes)
                        length = int.from_bytes(message[:4], "big")
                        await socket.send(json.dumps({"ack": json.loads(message[4 : 4 + length])["camera"]}))
                        self.tally.pictures += 1
                self.tally.refuse(self.name, "a socket ended")
        except TimeoutError:
            pass
        except (ConnectionClosed, OSError) as error:
            self.tally.refuse(self.name, f"a socket broke: {error}")

    async def each(self, seconds: float, visit: Callable[[], Awaitable[object]]) -> None:
        """Repeat `visit` until the hour is over, every `seconds` at most."""
        while self.tally.seconds_left > 0:
            begun = time.monotonic()
            await visit()
            pause = min(self.tally.seconds_left, begun + seconds - time.monotonic())
            await asyncio.sleep(max(0.0, pause))

    async def close(self) -> None:
        await self._client.aclose()


async def tablet(program: Program) -> None:
    await program.log_in()
    await asyncio.gather(
        program.each(2, lambda: program.get("/api/devices")),
        *(program.watch(f"/api/cameras/{key}/stream", width=SMALL[0]) for key in CAMERAS),
    )


async def home_assistant(program: Program) -> None:
    async def poll() -> None:
        for kind in ("snapshot", "stream/status"):
            await asyncio.gather(*(program.get(f"/api/cameras/{key}/{kind}") for key in CAMERAS))

    await program.each(10, poll)


async def octoprint(program: Program) -> None:
    await asyncio.gather(
        program.watch("/api/camera/stream"), program.each(5, lambda: program.get("/api/camera/snapshot"))
    )


async def recorder(program: Program) -> None:
    await asyncio.gather(*(program.watch(f"/api/cameras/{key}/stream") for key in CAMERAS))


async def browser(program: Program) -> None:
    await program.log_in()

    async def live_page() -> None:
        for path in ("/", "/framecast.css", "/camera-feed.js", "/api/devices"):
            await program.get(path)
        frames = (program.get("/api/camera/frames", camera=key, limit=8) for key in CAMERAS)
        await asyncio.gather(*frames)

    async def status_page() -> None:
        for path in ("/status", "/api/status", "/api/camera/frames/status", "/api/camera/retention"):
            await program.get(path)

    days = cycle(range(30))
    await asyncio.gather(
        *(program.watch_socket() for _ in range(6)),
        program.each(60, live_page),
        program.each(2, lambda: program.get("/api/devices")),
        program.each(20, lambda: timeline(program, next(days))),
        program.each(30, lambda: timeline(program, next(days))),
        program.each(5, status_page),
    )


async def timeline(program: Program, day: int) -> None:
    """Open the timeline, drag over it, look at a day, play a little."""
    await program.get("/archive")
    index = await program.get("/api/camera/frames/index", camera=CAMERAS[0])
    await program.get("/api/camera/frames/gaps", camera=CAMERAS[0])
    await program.get("/api/camera/frames/days", camera=CAMERAS[0])
    if index is None:
        return
    ids = list(accumulate(index["id"]))
    sheets = [ids[begin : begin + SHEET_FRAMES] for begin in range(0, len(ids), SHEET_FRAMES)]
    sprites = (program.get("/api/camera/frames/sprites", ids=",".join(map(str, sheet))) for sheet in sheets)
    await asyncio.gather(*sprites)
    await asyncio.gather(*(program.get(f"/api/camera/frames/{each}/image") for each in ids[day * 24 :][:24]))


async def household(origin: str, seconds: float) -> Tally:
    tally = Tally(ends_at=time.monotonic() + seconds)
    programs = [
        *((tablet, Program(f"tablet {number}", origin, tally)) for number in (1, 2, 3)),
        (home_assistant, Program("Home Assistant", origin, tally, basic=True)),
        (octoprint, Program("OctoPrint", origin, tally, basic=True)),
        (recorder, Program("recorder", origin, tally, basic=True)),
        (browser, Program("browser", origin, tally, PAGE_CONNECTIONS)),
    ]
    await asyncio.gather(*(use(program) for use, program in programs), _say_every_minute(tally))
    for _, program in programs:
        await program.close()
    return tally


async def _say_every_minute(tally: Tally) -> None:
    while tally.seconds_left > 0:
        await asyncio.sleep(min(60.0, max(0.0, tally.seconds_left)))
        counts = f"{tally.answers.total()} answers, {tally.pictures} pictures, {tally.refusals.total()} refusals"
        print(f"{time.strftime('%H:%M:%S')} {counts}", flush=True)


@contextmanager
def running_stack(directory: Path) -> Iterator[Stack]:
    """Stream and archiver with twelve cameras on the bus, and months of hourly frames."""
    stack = Stack(directory, **SETTINGS)
    fill(stack.archive, stack.environment["DATABASE_URL"], ARCHIVED_FRAMES)
    large, small = moving_pictures(*LARGE, 12), moving_pictures(*SMALL, 5)
    with ExitStack() as running:
        bus = stack.environment["BUS_BIND"]
        cameras = partial(BusCamera, bus, large, LARGE, FPS, keys=CAMERAS, smaller={SMALL: small})
        running.enter_context(cameras_apart(cameras))
        for name in ("stream", "archiver"):
            running.callback(stack.start(name).stop)
        wait_until_ready(stack)
        yield stack


def wait_until_ready(stack: Stack) -> None:
    """Until both services are up and all cameras known: a program that asks earlier would be told so."""
    headers = {"Authorization": "Basic " + base64.b64encode(f"x:{PASSWORD}".encode()).decode()}

    def is_ready() -> bool:
        try:
            devices = httpx2.get(f"{stack.origin}/api/devices", headers=headers).json()["devices"]
            archive = httpx2.get(f"{stack.origin}/api/camera/frames/status", headers=headers)
        except httpx2.TransportError:
            return False
        return len(devices) == len(CAMERAS) and archive.is_success

    wait_until(is_ready, "the services are ready", 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    clean_up_when_terminated()
    with tempfile.TemporaryDirectory() as directory, running_stack(Path(directory)) as stack:
        tally = asyncio.run(household(stack.origin, options.minutes * 60))
    for who, count in tally.answers.items():
        print(f"{who:16} {count:7} answers")
    result = {
        "minutes": options.minutes,
        "answers": tally.answers.total(),
        "pictures": tally.pictures,
        "refusals": tally.refusals.total(),
        "refused": dict(tally.refusals),
    }
    print(json.dumps({"benchmark": "household", **result}))


if __name__ == "__main__":
    main()
