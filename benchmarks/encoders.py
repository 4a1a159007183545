"""What an encoder's JPEGs cost in bytes and in CPU at the same sight: FFmpeg's MJPEG encoder beside libjpeg-turbo.

    .venv/bin/pip install ssimulacra2
    .venv/bin/python -m benchmarks.encoders CLIP... [--frames 2] [--qualities 80,70,60] [--quantisers 3,4,6]

Sight is SSIMULACRA2 (100 is no difference, 70 high quality) and SSIM of luma, against the decoded frames. Bytes are
compared at equal SSIMULACRA2, by interpolating between libjpeg-turbo's qualities. CPU is this process's, of alternating
rounds; a full machine changes the ratio little. Prints a table, the quality of libjpeg-turbo that each quantiser looks
like, and all figures as one line of JSON.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from services.ingest.decoding.colours import JPEG, in_jpeg_colours
from services.ingest.decoding.frame_picture import picture_of
from services.ingest.decoding.jpeg_encoder import FfmpegEncoder, JpegEncoder
from services.ingest.decoding.planes import Planes

GRID: Final = (20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95)
ROUNDS: Final = 5
Pixels = NDArray[np.uint8]
Encode = Callable[[Planes], bytes]


@dataclass(frozen=True, slots=True)
class Result:
    """Means over the frames of a clip."""

    kilobytes: float
    ssimulacra2: float
    ssim: float


def frames_of(clip: Path, count: int) -> list[Planes]:
    """`count` frames spread over the clip, as planes in a JPEG's colours."""
    with av.open(str(clip)) as container:
        pictures = [picture_of(frame) for frame in container.decode(video=0)]
    places = np.linspace(len(pictures) // 10, len(pictures) - 1, count).astype(int)
    return [in_jpeg_colours(pictures[place].planes, pictures[place].colours) for place in places]


def pixels_of(jpeg: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def ssimulacra2(reference: Pixels, shown: Pixels) -> float:
    import ssimulacra2 as metric  # noqa: PLC0415 the product does not need it

    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.png" for name in ("reference", "shown")]
        for path, pixels in zip(paths, (reference, shown), strict=True):
            cv2.imwrite(path, pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        return float(metric.compute_ssimulacra2(*paths))


def ssim(reference: Pixels, shown: Pixels) -> float:
    """Of luma, over windows of 11 x 11 pixels (Wang, Bovik, Sheikh and Simoncelli, 2004)."""
    one, other = (cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float64) for pixels in (reference, shown))

    def mean(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5))

    mean_one, mean_other = mean(one), mean(other)
    variances = mean(one * one) - mean_one**2 + mean(other * other) - mean_other**2
    covariance = mean(one * other) - mean_one * mean_other
    c1, c2 = 0.01 * 255, 0.03 * 255
    likeness = (2 * mean_one * mean_other + c1**2) * (2 * covariance + c2**2)
    return float(np.mean(likeness / ((mean_one**2 + mean_other**2 + c1**2) * (variances + c2**2))))


def result(encode: Encode, frames: Sequence[Planes], references: Sequence[Pixels]) -> Result:
    jpegs = [encode(planes) for planes in frames]
    shown = [pixels_of(jpeg) for jpeg in jpegs]
    return Result(
        statistics.mean(len(jpeg) for jpeg in jpegs) / 1000,
        statistics.mean(map(ssimulacra2, references, shown)),
        statistics.mean(map(ssim, references, shown)),
    )


def by_libjpeg(quality: int) -> Encode:
    return lambda planes: bytes(simplejpeg.encode_jpeg_yuv_planes(*planes, quality))


def by_ffmpeg(quantiser: int, planes: Planes) -> Encode:
    height, width = planes[0].shape
    encoder = FfmpegEncoder(width, height, quantiser)
    return lambda planes: encoder.encode(planes, JPEG)


def by_ours(quality: int, planes: Planes) -> Encode:
    encoder = JpegEncoder()
    encoder.encode(planes, JPEG, quality)  # now it knows how detailed they are
    return lambda planes: encoder.encode(planes, JPEG, quality)


def cpu_ratio(one: Encode, other: Encode, frames: Sequence[Planes]) -> float:
    """`one` over `other`, the median of rounds."""
    ratios = []
    for _ in range(ROUNDS):
        spent = []
        for encode in (one, other):
            begun = time.process_time()
            for _ in range(8):
                for planes in frames:
                    encode(planes)
            spent.append(time.process_time() - begun)
        ratios.append(spent[0] / spent[1])
    return statistics.median(ratios)


def interpolated(at: float, results: Sequence[Result], values: Sequence[float]) -> float:
    """The value that belongs to the score `at`."""
    order = np.argsort([found.ssimulacra2 for found in results])
    scores = np.array([found.ssimulacra2 for found in results])[order]
    return float(np.interp(at, scores, np.array(values, np.float64)[order]))


def measure(clip: Path, frame_count: int, qualities: Sequence[int], quantisers: Sequence[int]) -> dict[str, Any]:
    frames = frames_of(clip, frame_count)
    references = [pixels_of(by_libjpeg(100)(planes)) for planes in frames]
    todays = [result(by_libjpeg(quality), frames, references) for quality in GRID]
    logs = [float(np.log(found.kilobytes)) for found in todays]
    figures: dict[str, Any] = {"clip": clip.stem, "looks_like": {}}
    for quantiser in quantisers:
        found = result(by_ffmpeg(quantiser, frames[0]), frames, references)
        figures["looks_like"][quantiser] = [
            round(interpolated(found.ssimulacra2, todays, GRID), 1),
            round(found.kilobytes / float(np.exp(interpolated(found.ssimulacra2, todays, logs))), 3),
            round(cpu_ratio(by_ffmpeg(quantiser, frames[0]), by_libjpeg(80), frames), 2),
        ]
    for quality in qualities:
        ours = result(by_ours(quality, frames[0]), frames, references)
        today = result(by_libjpeg(quality), frames, references)
        figures[f"q{quality}"] = {
            "kilobytes": [round(today.kilobytes, 1), round(ours.kilobytes, 1)],
            "ssimulacra2": [round(today.ssimulacra2, 1), round(ours.ssimulacra2, 1)],
            "ssim": [round(today.ssim, 4), round(ours.ssim, 4)],
            "bytes_at_equal_sight": round(
                ours.kilobytes / float(np.exp(interpolated(ours.ssimulacra2, todays, logs))), 3
            ),
            "cpu": round(cpu_ratio(by_ours(quality, frames[0]), by_libjpeg(quality), frames), 2),
        }
    return figures


def row(figures: dict[str, Any], quality: int) -> str:
    at = figures[f"q{quality}"]
    (today, ours), (sight, our_sight), (ssim_today, our_ssim) = at["kilobytes"], at["ssimulacra2"], at["ssim"]
    return (
        f"{figures['clip']:20} q{quality} {today:7.1f} kB -> {ours:7.1f} kB ({ours / today:.2f})"
        f"  SSIMULACRA2 {sight:5.1f} -> {our_sight:5.1f}  SSIM {ssim_today:.4f} -> {our_ssim:.4f}"
        f"  bytes at equal sight {at['bytes_at_equal_sight']:.2f}  CPU {at['cpu']:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=2)
    parser.add_argument("--qualities", default="80,70,60")
    parser.add_argument("--quantisers", default="3,4,5,6,8,12,19,31")
    options = parser.parse_args()
    quantisers = [int(quantiser) for quantiser in options.quantisers.split(",")]
    qualities = [int(quality) for quality in options.qualities.split(",")]
    found = []
    for clip in options.clips:
        found.append(measure(clip, options.frames, qualities, quantisers))
        print(*(row(found[-1], quality) for quality in qualities), sep="\n", flush=True)
    for quality in qualities:
        at = [figures[f"q{quality}"] for figures in found]
        ratio, cpu = (statistics.median(figures[key] for figures in at) for key in ("bytes_at_equal_sight", "cpu"))
        print(f"median of {len(at)} clips at quality {quality}: bytes at equal sight {ratio:.2f}, CPU {cpu:.2f}")
    for quantiser in quantisers:
        like, ratio, cpu = zip(*(figures["looks_like"][quantiser] for figures in found), strict=True)
        print(
            f"FFmpeg's quantiser {quantiser}: looks like quality {statistics.median(like):.0f}"
            f" ({min(like):.0f} to {max(like):.0f}), for {statistics.median(ratio):.2f} of its bytes"
            f" and {statistics.median(cpu):.2f} of the CPU of quality 80"
        )
    print(json.dumps({"benchmark": "encoders", "clips": found}))


if __name__ == "__main__":
    main()
