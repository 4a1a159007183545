"""What cameras of some makers do that the standard does not say, each played by the camera of our own."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from services.ingest.discovery import onvif_device, texts
from services.ingest.discovery.found import Device
from services.ingest.discovery.onvif_answers import ServicePlace
from services.ingest.discovery.onvif_device import ask_device
from services.ingest.discovery.onvif_service import OnvifService
from services.ingest.discovery.ws_discovery import Sighting
from tests.ingest.discovery.onvif_camera import OnvifCamera, plugged_in
from tests.ingest.discovery.test_devices import HERE, LOGIN, found
from tests.ingest.sources.test_certificate_reasons import certificate

NOBODY = ServicePlace(1, "/onvif/service")
"""No program is at this port."""


def asked_at(*places: ServicePlace, login: tuple[str, str] = ("", "")) -> Device | None:
    return asyncio.run(ask_device(Sighting("id", HERE, places), OnvifService(HERE, *login)))


def soap_1_1(words: str) -> str:
    return f"<faultcode>SOAP-ENV:Client</faultcode><faultstring>{words}</faultstring>"


def soap_1_2(words: str) -> str:
    return f"<s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>{words}</s:Text></s:Reason>"


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    "refusal",
    [
        soap_1_1("Sender not Authorized. Invalid username or password! You still have 22 attempt(s)."),
        soap_1_2("Sender Not Authorized"),
        soap_1_2("Authority failure"),
        soap_1_2("Wsse authorized time check failed."),
        soap_1_2("The security token could not be authenticated or authorized"),
        soap_1_2("An error was discovered processing the &lt;wsse:Security&gt; header."),
    ],
)
def test_a_refusal_is_known_in_makers_own_words(refusal: str, status: int) -> None:
    camera = OnvifCamera(HERE, login=LOGIN, refusal=refusal, refusal_status=status)
    told = found(camera)
    assert (told.needs_password, told.notices) == (True, (texts.NEEDS_LOGIN,))
    told = found(camera, *LOGIN)
    assert (told.password_works, len(told.streams), camera.refused) == (True, 2, 0)


def test_a_camera_may_want_a_login_for_everything() -> None:
    """Also for its clock, which the standard has it tell to anybody."""
    camera = OnvifCamera(HERE, login=LOGIN, answers_anybody=())
    assert found(camera).notices == (texts.NEEDS_LOGIN,)
    told = found(camera, *LOGIN)
    assert (told.password_works, len(told.streams), camera.refused) == (True, 2, 0)


@pytest.mark.parametrize("way", ["token", "http"])
def test_a_clock_that_is_not_told_without_a_login_is_known_by_http(way: str) -> None:
    camera = OnvifCamera(HERE, login=LOGIN, way=way, answers_anybody=(), clock_off=timedelta(days=-3))  # type: ignore[arg-type] # one of the two
    told = found(camera, *LOGIN)
    assert (told.password_works, len(told.streams), camera.refused) == (True, 2, 0)
    assert told.notices == (texts.CLOCK.format("3 days", "behind"),)


def test_a_camera_that_asks_for_basic_is_shown_a_digest() -> None:
    """ONVIF has no Basic. Whoever asks for it gets no password."""
    camera = OnvifCamera(HERE, login=LOGIN, way="basic")
    assert found(camera, *LOGIN).password_works
    assert camera.authorizations == []
    assert found(camera, LOGIN[0], "wrong").notices == (texts.WRONG_LOGIN,)
    assert (camera.authorizations, camera.refused) == ([], 1)


def test_a_clock_that_is_told_wrong_is_named_beside_the_refusal() -> None:
    """Some tell local time as UTC, and go by the right one. The login may be right then."""
    told = found(OnvifCamera(HERE, login=LOGIN, clock_lie=timedelta(hours=10)), *LOGIN)
    assert told.password_works is False
    assert told.notices == (texts.CLOCK.format("10 h", "ahead"), texts.WRONG_LOGIN, texts.CLOCK_MAY_BE_WHY)


@pytest.mark.parametrize("knows_media2", [False, True])
def test_a_camera_without_profiles_is_said_to_have_none(knows_media2: bool) -> None:
    told = found(OnvifCamera(HERE, profiles=(), knows_media2=knows_media2))
    assert (told.streams, told.snapshot_url, told.notices) == ((), None, (texts.NO_STREAMS,))


def test_services_behind_a_router_are_asked_where_the_camera_has_answered() -> None:
    """It names the address that it has behind the router. Its stream does so, too, and that is said."""
    device = found(
        OnvifCamera(HERE, media_address="http://192.168.1.10:1/onvif/media", stream="rtsp://192.168.1.10:554/{token}")
    )
    assert [(stream.rtsp_url, stream.notice) for stream in device.streams] == [
        (f"rtsp://192.168.1.10:554/{token}", texts.OTHER_HOST.format("192.168.1.10")) for token in ("main", "sub")
    ]


def test_a_media_service_may_have_a_port_of_its_own() -> None:
    media = OnvifCamera(HERE)
    with plugged_in(media, hears=False):
        camera = OnvifCamera(HERE, unknown=("GetProfiles", "GetStreamUri", "GetSnapshotUri"))
        camera.media_address = f"http://{{host}}:{media.port}/onvif/media"
        assert len(found(camera).streams) == 2
    assert "GetProfiles" in media.asked


@pytest.mark.parametrize("places", [(), (NOBODY,)])
def test_a_camera_that_names_no_port_or_a_wrong_one_is_asked_at_the_usual_one(
    places: tuple[ServicePlace, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with plugged_in(OnvifCamera(HERE), hears=False) as camera:
        monkeypatch.setattr(onvif_device, "USUAL_PORT", camera.port)
        device = asked_at(*places)
    assert device is not None
    assert len(device.streams) == 2


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A camera's, whose certificate is signed by itself, for a name that is not its own."""
    directory: Path = tmp_path_factory.mktemp("certificate")
    file = certificate(directory, "DNS:camera.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, directory / "key")
    return context


@pytest.mark.parametrize("way", ["token", "http", "basic"])
def test_a_camera_with_https_alone_tells_everything(way: str, tls: ssl.SSLContext) -> None:
    """Any certificate will do, and nobody gets more than a digest."""
    camera = OnvifCamera(HERE, login=LOGIN, way=way, media_address="https://{host}:{port}/onvif/media")  # type: ignore[arg-type] # one of these
    with plugged_in(camera, hears=False, tls=tls):
        device = asked_at(NOBODY, ServicePlace(camera.port, "/onvif/device_service", True), login=LOGIN)
    assert device is not None
    assert (device.password_works, len(device.streams), camera.refused) == (True, 2, 0)
    assert all(shown.startswith("Digest ") for shown in camera.authorizations)
    assert bool(camera.authorizations) is (way == "http")


def test_a_wrong_login_is_offered_once_by_https(tls: ssl.SSLContext) -> None:
    camera = OnvifCamera(HERE, login=LOGIN)
    with plugged_in(camera, hears=False, tls=tls):
        device = asked_at(ServicePlace(camera.port, "/", True), login=("admin", "wrong"))
    assert device is not None
    assert (device.password_works, camera.refused) == (False, 1)


def test_https_that_is_none_is_no_device() -> None:
    with plugged_in(OnvifCamera(HERE), hears=False) as camera:
        assert asked_at(ServicePlace(camera.port, "/", True)) is None
