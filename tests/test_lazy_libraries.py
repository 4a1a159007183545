"""What a service loads only when it is needed. Each start is a process of its own, as loaded modules stay."""

import subprocess
import sys

import pytest

from tests.support.services import ROOT


def loaded(script: str, *modules: str) -> list[str]:
    """Which of the modules are loaded after the script."""
    script += f"\nimport sys; print(*(name for name in {modules} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("service", ["ingest", "stream", "archiver"])
def test_a_service_whose_bus_has_no_keys_does_without_libsodium(service: str) -> None:
    """1 MB in each of them."""
    assert loaded(f"import services.{service}.__main__", "nacl", "shared.bus.curve") == ["shared.bus.curve"]


def test_ingest_loads_nothing_of_the_owners_decisions_until_it_is_asked_for() -> None:
    """1.6 MB, where BUS_CONTROL is unset."""
    ingests = ("services.ingest.access", "services.ingest.cameras", "tomlkit")
    others = ("shared.access", "shared.control", "shared.bus.access_state", "shared.bus.ingest_report")
    assert loaded("import services.ingest.__main__", *ingests, *others) == ["shared.bus.ingest_report"]


def test_ingest_loads_what_writes_toml_at_the_first_change() -> None:
    """1 MB, where the cameras are set by hand."""
    script = "import services.ingest.cameras.door"
    assert loaded(script, "tomlkit", "services.ingest.cameras.changes") == ["services.ingest.cameras.changes"]


def test_a_cameras_process_loads_nothing_that_records_its_exchange() -> None:
    """Only one that was asked to does."""
    assert loaded("import services.ingest.template_main", "services.ingest.recording") == []


def test_ingest_loads_nothing_that_looks_for_cameras() -> None:
    """A process of its own does, which asks cameras and decodes nothing: 60 MB less."""
    assert loaded("import services.ingest.cameras.door", "services.ingest.discovery", "xml.parsers.expat") == []
    libraries = ("numpy", "cv2", "av", "PIL")
    assert loaded("import services.ingest.discovery.__main__", *libraries) == []


def test_stream_does_without_pillow_until_it_draws() -> None:
    """4 MB while all cameras are live."""
    assert loaded("import services.stream.__main__", "PIL") == []


def test_stream_does_without_the_library_of_qr_codes_until_somebody_looks_at_one() -> None:
    assert loaded("import services.stream.__main__", "segno") == []


def test_the_archiver_loads_webp_and_not_all_of_pillows_formats() -> None:
    """2 MB, and the time of the first capture."""
    script = """
import io
from PIL import Image
from services.archiver.files.webp import read_webp
file = io.BytesIO()
Image.new("RGB", (64, 64)).save(file, "WEBP")
read_webp(file.getvalue())
"""
    assert loaded(script, "PIL.WebPImagePlugin", "PIL.TgaImagePlugin") == ["PIL.WebPImagePlugin"]
