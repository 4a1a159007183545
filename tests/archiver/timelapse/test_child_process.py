"""The rendering process: real pictures, real encoders, and the file decoded again."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.archiver.base.errors import DiskNotMountedError
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.files.s3_store import S3Store
from services.archiver.files.webp import PLAIN_BYTES_PER_PIXEL
from services.archiver.timelapse import child_process
from services.archiver.timelapse.child_process import RenderFailedError, render
from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.render_job import Progress, RenderJob
from tests.archiver.conftest import BUCKET
from tests.archiver.timelapse.pictures import RED, job_of, plain, put
from tests.support.waiting import eventually

FFMPEG = pytest.mark.clients("ffmpeg", "ffmpeg")
VIDEOS = [
    (OutputFormat.WEBM, None),
    (OutputFormat.MP4, None),
    (OutputFormat.H264, None),
    pytest.param(OutputFormat.H264, "ffmpeg", marks=FFMPEG),
]


async def go_on(_: Progress) -> bool:
    return True


async def run(job: RenderJob) -> Progress:
    return await render(job, go_on, PictureMemory())


def decoded(file: Path) -> tuple[list[NDArray[np.uint8]], float]:
    """The frames as RGB, and the length that the file claims."""
    with av.open(file) as container:
        assert container.duration is not None
        frames = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]
        return frames, container.duration / 1e6


@pytest.mark.parametrize(("form", "ffmpeg"), VIDEOS)
async def test_a_video_has_every_frame_in_its_colour_and_the_length_foretold(
    form: OutputFormat, ffmpeg: str | None, tmp_path: Path
) -> None:
    """From dark to bright red, so that order and colours show."""
    frames = [put(tmp_path / "archive", n, plain((n * 10, 20, 30))) for n in range(24)]
    result = await run(job_of(tmp_path, frames, form, ffmpeg=ffmpeg))
    pictures, length_seconds = decoded(tmp_path / "out")
    assert (result.done, result.skipped) == (24, 0)
    assert len(pictures) == 24
    assert length_seconds == pytest.approx(24 / 12, abs=1 / 12)
    assert [int(picture[:, :, 0].mean()) for picture in pictures] == pytest.approx([n * 10 for n in range(24)], abs=8)
    assert pictures[12][90, 160].tolist() == pytest.approx([120, 20, 30], abs=8)


@pytest.mark.parametrize(
    ("size", "fps", "level"),
    [((320, 180), 12, 13), ((1280, 720), 24, 31), ((1920, 1080), 24, 40), ((640, 480), 60, 31), ((1080, 1920), 24, 40)],
)
async def test_h264_is_what_every_phone_plays(size: tuple[int, int], fps: int, level: int, tmp_path: Path) -> None:
    """High profile, 4:2:0, a level that fits the size, the index before the pictures, and colours that are stated."""
    noise = Image.effect_noise(size, 40).convert("RGB")
    frames = [put(tmp_path / "archive", n, noise) for n in range(6)]
    job = job_of(tmp_path, frames, OutputFormat.H264, width=size[0], height=size[1], fps=Fraction(fps))
    await run(job)
    content = (tmp_path / "out").read_bytes()
    assert content[4:8] == b"ftyp"
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    with av.open(tmp_path / "out") as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.width, context.height, float(stream.average_rate or 0)) == (*size, float(fps))
        assert (int(context.colorspace), int(context.color_range), int(context.color_primaries)) == (1, 1, 1)
        assert context.extradata is not None
        assert context.extradata[3] <= level
        assert stream.frames == 6


async def test_an_animated_webp_needs_pillow_alone(tmp_path: Path) -> None:
    """Every frame for its share of the length."""
    frames = [put(tmp_path / "archive", n, plain((n * 20, 20, 30))) for n in range(12)]
    await run(job_of(tmp_path, frames, OutputFormat.WEBP))
    with Image.open(tmp_path / "out") as animation:
        assert (animation.format, animation.size, getattr(animation, "n_frames", 1)) == ("WEBP", (320, 180), 12)
        length_ms = 0
        for n in range(12):
            animation.seek(n)
            animation.load()
            length_ms += animation.info["duration"]
            colour = animation.convert("RGB").getpixel((160, 90))
            assert colour == pytest.approx((n * 20, 20, 30), abs=12)
        assert length_ms == pytest.approx(1000, abs=12)


@pytest.mark.parametrize("form", [OutputFormat.WEBM, OutputFormat.WEBP])
async def test_frames_that_are_gone_damaged_or_not_what_the_row_says_are_left_out_and_counted(
    form: OutputFormat, tmp_path: Path
) -> None:
    """One bad file costs one picture, not the video."""
    archive = tmp_path / "archive"
    frames = [put(archive, n, plain((n * 20, 20, 30))) for n in range(12)]
    (archive / "3.webp").unlink()
    (archive / "5.webp").write_bytes((archive / "5.webp").read_bytes()[:100])
    (archive / "7.webp").write_bytes((archive / "8.webp").read_bytes())
    frames[0] = replace(frames[0], path="../../../etc/passwd")
    result = await run(job_of(tmp_path, frames, form))
    assert (result.done, result.skipped) == (12, 4)
    if form is OutputFormat.WEBM:
        assert len(decoded(tmp_path / "out")[0]) == 8


async def test_without_a_single_readable_frame_it_fails_in_words(tmp_path: Path) -> None:
    """An empty video would be a puzzle."""
    frames = [replace(put(tmp_path / "archive", 0, plain()), path="gone.webp")]
    with pytest.raises(RenderFailedError, match="none of the pictures could be read"):
        await run(job_of(tmp_path, frames, OutputFormat.WEBM))


@FFMPEG
async def test_what_ffmpeg_complains_of_is_the_reason(tmp_path: Path) -> None:
    """For instance that it was built without the encoder, or can't write."""
    frames = [put(tmp_path / "archive", n, plain()) for n in range(3)]
    with pytest.raises(RenderFailedError, match="No such file or directory"):
        await run(job_of(tmp_path, frames, OutputFormat.H264, output=str(tmp_path / "no" / "where"), ffmpeg="ffmpeg"))


async def test_sources_of_different_sizes_share_one_frame(tmp_path: Path) -> None:
    """The camera was replaced in the middle."""
    archive = tmp_path / "archive"
    frames = [put(archive, 0, plain(size=(320, 180))), put(archive, 1, plain(size=(90, 90)))]
    await run(job_of(tmp_path, frames, OutputFormat.WEBM))
    first, second = decoded(tmp_path / "out")[0]
    assert first[90, 5].tolist() == pytest.approx(RED, abs=8)
    assert second[90, 5].tolist() == pytest.approx((0, 0, 0), abs=8)


async def test_frames_in_an_object_store_are_rendered_too(
    s3_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process reads them itself, with the environment's credentials."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    url = f"s3://{BUCKET}/{tmp_path.name}"
    frames = [put(tmp_path / "archive", n, plain()) for n in range(6)]
    for frame in frames:
        S3Store(url, endpoint=s3_endpoint).write(frame.path, (tmp_path / "archive" / frame.path).read_bytes())
    result = await run(job_of(tmp_path, frames, OutputFormat.WEBM, archive=url))
    assert (result.done, result.skipped) == (6, 0)


def endless(tmp_path: Path, form: OutputFormat = OutputFormat.WEBM, ffmpeg: str | None = None) -> RenderJob:
    """A job that takes minutes."""
    noise = Image.effect_noise((1280, 720), 80).convert("RGB")
    frame = put(tmp_path / "archive", 1, noise)
    return job_of(tmp_path, [frame] * 5000, form, width=1280, height=720, ffmpeg=ffmpeg)


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[int]]:
    """The ids of this test's rendering processes. Other tests, and other people, may have their own at that time."""
    marker = f"RENDER_TEST={tmp_path}"
    monkeypatch.setenv(*marker.split("=", 1))

    def found() -> set[int]:
        return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and is_ours(entry)}

    def is_ours(process: Path) -> bool:
        with suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if b"services.archiver.timelapse" in command or b"rawvideo" in command:
                return marker.encode() in (process / "environ").read_bytes()
        return False

    return found


async def test_it_runs_at_the_lowest_priority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that captures go before it. Not in the idle class, where it would hold memory for minutes."""
    started: list[asyncio.subprocess.Process] = []
    start = child_process._start

    async def remember() -> asyncio.subprocess.Process:
        started.append(await start())
        return started[0]

    monkeypatch.setattr(child_process, "_start", remember)
    task = asyncio.create_task(run(endless(tmp_path)))

    def is_nice() -> bool:
        pid = started[0].pid if started else 0
        return bool(pid) and (os.getpriority(os.PRIO_PROCESS, pid), os.sched_getscheduler(pid)) == (19, os.SCHED_OTHER)

    await eventually(is_nice, "it is nice", 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("form", "ffmpeg"), [(OutputFormat.H264, None), pytest.param(OutputFormat.H264, "ffmpeg", marks=FFMPEG)]
)
async def test_told_to_end_it_ends_with_all_its_processes(
    form: OutputFormat, ffmpeg: str | None, tmp_path: Path, children: Callable[[], set[int]]
) -> None:
    """A cancelled video must not go on computing."""
    seen: set[int] = set()

    async def stop_soon(progress: Progress) -> bool:
        seen.update(children())
        return progress.done < 3

    task = asyncio.create_task(render(endless(tmp_path, form, ffmpeg), stop_soon, PictureMemory()))
    await eventually(lambda: (children(), task.done())[1], "it has ended", 60)
    with pytest.raises(RenderFailedError, match="cancelled"):
        await task
    assert seen
    await eventually(lambda: not children(), "its processes are gone", 20)


async def test_cancelling_ends_the_process(tmp_path: Path, children: Callable[[], set[int]]) -> None:
    """The archiver's own end does it."""
    task = asyncio.create_task(run(endless(tmp_path)))
    await eventually(children, "it has begun", 30)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await eventually(lambda: not children(), "its process is gone", 20)


async def test_the_end_does_not_wait_for_a_process_that_gets_no_turn_to_die(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, children: Callable[[], set[int]]
) -> None:
    """On a busy machine the lowest priority waits; an archiver that is told to stop has seconds."""
    monkeypatch.setattr(child_process, "KILLED_SECONDS", 0.1)
    task = asyncio.create_task(run(endless(tmp_path)))
    await eventually(children, "it has begun", 30)
    kill_group = os.killpg
    with monkeypatch.context() as starved:
        starved.setattr(os, "killpg", lambda group, _: kill_group(group, signal.SIGSTOP))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)
    for pid in children():
        kill_group(pid, signal.SIGKILL)
    await eventually(lambda: not children(), "its process is gone", 20)


def test_a_job_survives_its_json(tmp_path: Path) -> None:
    """Exactly: fractions, instants and all."""
    job = job_of(tmp_path, [put(tmp_path / "archive", 1, plain())], OutputFormat.WEBM, time_zone="Asia/Tokyo")
    assert RenderJob.decode(job.encode()) == job


async def test_a_picture_is_decoded_when_there_is_memory_for_it_and_no_earlier(tmp_path: Path) -> None:
    """An 8K capture and a picture of a time-lapse do not fit into a container together."""
    memory = PictureMemory(320 * 180 * PLAIN_BYTES_PER_PIXEL)
    frames = [put(tmp_path / "archive", n, plain(RED)) for n in range(6)]
    seen: list[Progress] = []

    async def see(progress: Progress) -> bool:
        seen.append(progress)
        return True

    with memory.taken(1):
        task = asyncio.create_task(render(job_of(tmp_path, frames, OutputFormat.WEBM), see, memory))
        await eventually(lambda: memory._line, "it waits", 30)
        assert {progress.done for progress in seen} <= {0, 1}
        assert not task.done()
    result = await task
    assert (result.done, result.skipped) == (6, 0)
    with memory.taken(memory._capacity_bytes):
        pass  # all is given back


async def test_a_render_that_is_cancelled_while_it_waits_for_memory_takes_none(tmp_path: Path) -> None:
    """Else captures would stop."""
    memory = PictureMemory(100)
    with memory.taken(1):
        job = job_of(tmp_path, [put(tmp_path / "archive", 0, plain(RED))], OutputFormat.WEBM)
        task = asyncio.create_task(render(job, go_on, memory))
        await eventually(lambda: memory._line, "it waits", 30)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await eventually(lambda: not memory._line and not memory._taken_bytes, "nothing is taken")


async def test_a_frame_whose_disk_is_away_is_not_a_frame_that_is_gone(tmp_path: Path) -> None:
    """The render is to be done again. Without the marker nothing is known of the files that are missing."""
    frames = [put(tmp_path / "archive", n, plain()) for n in range(6)]
    (tmp_path / "archive" / "3.webp").unlink()
    job = job_of(tmp_path, frames, OutputFormat.WEBM)
    assert (await run(job)).skipped == 1
    with pytest.raises(DiskNotMountedError, match="is not mounted"):
        await run(replace(job, archive_id="0123abcd"))
