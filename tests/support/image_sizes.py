"""How large the images are when they are pulled: each distinct layer once, compressed with gzip as in a registry.

`scripts/image-sizes` prints the sizes beside the recorded ones (deploy/image-sizes.json), and fails if an image has
grown by more than 5 %. With `--write` it records them. An image's size is that without its base.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).parents[2]
RECORDED: Final = ROOT / "deploy/image-sizes.json"
IMAGES: Final = ("ingest", "stream", "archiver", "gateway")
"""Those that `docker compose up` starts. The one for HTTPS adds less than 1 MB to its base."""
BASE: Final = "python:3.13-slim-trixie"
TOGETHER: Final = "together"
"""Each distinct layer once. `base` is not compared: it is not ours, and not the same everywhere."""
MOST_GROWTH: Final = 0.05
_PIECE_BYTES: Final = 1024 * 1024


def layers_of(image: str) -> list[str]:
    """The digests of an image's uncompressed layers, the lowest first."""
    done = subprocess.run(
        ["docker", "inspect", "-f", "{{json .RootFS.Layers}}", image], check=True, capture_output=True, text=True
    )
    layers: list[str] = json.loads(done.stdout)
    return layers


def compressed_bytes(source: IO[bytes]) -> int:
    """The size of a layer as gzip compresses it."""
    packer, size = zlib.compressobj(6), 0
    while piece := source.read(_PIECE_BYTES):
        size += len(packer.compress(piece))
    return size + len(packer.flush())


def layer_sizes(images: list[str]) -> dict[str, int]:
    """The compressed size of each distinct layer of `images`, by its digest."""
    sizes: dict[str, int] = {}
    same: dict[str, str] = {}
    manifest: list[dict[str, list[str]]] = []
    with (
        subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saving,
        tarfile.open(fileobj=saving.stdout, mode="r|") as saved,
    ):
        for member in saved:
            if member.issym():  # an older engine saves a layer of two images so
                same[member.name] = os.path.normpath(Path(member.name).parent / member.linkname)
            elif (file := saved.extractfile(member)) is not None and member.name == "manifest.json":
                manifest = json.load(file)
            elif file is not None:
                sizes[member.name] = compressed_bytes(file)
    assert saving.returncode == 0, "docker save failed"
    return {
        digest: sizes[same.get(path, path)]
        for saved_image in manifest
        for digest, path in zip(layers_of(saved_image["RepoTags"][0]), saved_image["Layers"], strict=True)
    }


def measured() -> dict[str, float]:
    """Compressed megabytes: each image's own layers, and all layers of the default stack."""
    images = {name: f"framecast-{name}" for name in IMAGES}
    sizes = layer_sizes(list(images.values()))
    base = set(layers_of(BASE))
    layers = {name: set(layers_of(image)) - base for name, image in images.items()}
    layers |= {TOGETHER: set().union(*layers.values()), "base": base}
    return {name: round(sum(sizes[layer] for layer in own) / 1e6, 1) for name, own in layers.items()}


def grown(now: dict[str, float], recorded: dict[str, float]) -> list[str]:
    """What has grown by more than 5 %, or is not recorded."""
    return [name for name, size in now.items() if name != "base" and size > recorded.get(name, 0.0) * (1 + MOST_GROWTH)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="record the sizes")
    arguments = parser.parse_args()
    now = measured()
    recorded: dict[str, float] = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    if arguments.write:
        RECORDED.write_text(json.dumps(now, indent=2) + "\n")
    for name, size in now.items():
        print(f"{name:28}{size:8.1f} MB  recorded: {recorded.get(name, 0):.1f}")  # noqa: T201 it is the command's output
    larger = grown(now, recorded)
    if larger and not arguments.write:
        sys.stderr.write(
            f"Grown by over {MOST_GROWTH:.0%}: {', '.join(larger)}. If it must be so: scripts/image-sizes --write\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
