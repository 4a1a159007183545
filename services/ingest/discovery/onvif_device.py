"""What an ONVIF device tells of itself: its clock, who made it, its profiles with their addresses."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from services.ingest.discovery import onvif_answers, soap, texts
from services.ingest.discovery.found import Device, Stream, in_order, shown
from services.ingest.discovery.onvif_answers import Profile, ServicePlace
from services.ingest.discovery.onvif_service import FaultError, LoginNeededError, NoOnvifError, OnvifService
from services.ingest.discovery.stream_address import PICTURES, STREAMS, judge
from services.ingest.discovery.ws_discovery import Sighting

USUAL_PATH: Final = "/onvif/device_service"
USUAL_PORT: Final = 80
CLOCK_BEARS: Final = timedelta(seconds=5)
"""Less is no fault: the answer takes its time, and tells whole seconds."""


async def ask_device(seen: Sighting, service: OnvifService) -> Device | None:
    """What the device tells, by its login where it has one. None where nothing of ONVIF's answers."""
    place = await _place(_with_usual(seen.places), service)
    device = Device(
        seen.id, seen.host, "onvif", name=shown(seen.name), maker=shown(seen.maker), model=shown(seen.model)
    )
    if place is None:
        return None
    if abs(service.clock_off) > CLOCK_BEARS:
        device = replace(device, clock_off_seconds=round(service.clock_off.total_seconds()))
        device = device.with_notice(_clock_words(service.clock_off))
    try:
        device = replace(await _with_streams(await _with_facts(device, place, service), place, service))
        needs_password = service.login_was_accepted
    except LoginNeededError:
        needs_password = True
        device = device.with_notice(texts.WRONG_LOGIN if service.login_was_refused else texts.NEEDS_LOGIN)
        if service.login_was_refused and device.clock_off_seconds is not None:
            device = device.with_notice(texts.CLOCK_MAY_BE_WHY)
    except (NoOnvifError, FaultError):
        needs_password = None
        device = device.with_notice(texts.MUTE)
    works = service.login_was_accepted if service.login_was_accepted or service.login_was_refused else None
    return replace(device, needs_password=needs_password, password_works=works)


def _with_usual(places: tuple[ServicePlace, ...]) -> Iterable[ServicePlace]:
    """Some name a port at which nothing answers, and are at the usual one."""
    usual = [ServicePlace(USUAL_PORT, path) for path in (*(place.path for place in places), USUAL_PATH)]
    return dict.fromkeys((*places, *usual))


async def _place(places: Iterable[ServicePlace], service: OnvifService) -> ServicePlace | None:
    """The first place where the device's service answers. Its clock is asked for, which needs no login."""
    for place in places:
        try:
            service.take_clock(onvif_answers.clock(await service.ask(place, soap.CLOCK)))
        except (FaultError, LoginNeededError):
            return place
        except NoOnvifError:
            continue
        return place
    return None


async def _with_facts(device: Device, place: ServicePlace, service: OnvifService) -> Device:
    """Some tell it only with a login, and their streams without one."""
    with suppress(FaultError, LoginNeededError, NoOnvifError):
        facts = onvif_answers.facts(await service.ask(place, soap.FACTS))
        return replace(device, maker=shown(facts.maker) or device.maker, model=shown(facts.model) or device.model)
    return device


async def _with_streams(device: Device, place: ServicePlace, service: OnvifService) -> Device:
    """
    Raises:
        LoginNeededError, FaultError, NoOnvifError: no profile could be asked for.
    """
    kind, media, profiles = await _profiles(place, service)
    sources = list(dict.fromkeys(profile.source for profile in profiles))
    streams = [await _stream(profile, sources.index(profile.source) + 1, kind, media, service) for profile in profiles]
    device = replace(device, streams=in_order(streams))
    if not profiles:
        device = device.with_notice(texts.NO_STREAMS)
    else:
        with suppress(FaultError, LoginNeededError, NoOnvifError):
            told = onvif_answers.address(await service.ask(media, soap.picture_address(kind, profiles[0].token)))
            device = replace(device, snapshot_url=judge(told, service.host, PICTURES).url)
    return device


async def _profiles(place: ServicePlace, service: OnvifService) -> tuple[str, ServicePlace, list[Profile]]:
    """The newer media service goes first: only that one knows of H.265. Then the older one."""
    services = await _services(place, service)
    last: FaultError | NoOnvifError | None = None
    empty: tuple[str, ServicePlace, list[Profile]] | None = None
    for kind, media in _media_places(services, place):
        try:
            profiles = onvif_answers.profiles(await service.ask(media, soap.profiles(kind)))
        except (FaultError, NoOnvifError) as error:
            last = last or error
            continue
        if profiles:
            return kind, media, profiles
        empty = kind, media, profiles
    if empty is not None:
        return empty
    raise last or FaultError("no media service")


def _media_places(services: Mapping[str, ServicePlace], asked: ServicePlace) -> Iterator[tuple[str, ServicePlace]]:
    """Each service goes first where the device has just answered. The port that it names may be one behind a router, or
    one at which nothing answers.
    """
    for kind in (soap.MEDIA2, soap.MEDIA):
        if (named := services.get(kind)) is not None:
            for place in dict.fromkeys((asked._replace(path=named.path), named)):
                yield kind, place


async def _services(place: ServicePlace, service: OnvifService) -> dict[str, ServicePlace]:
    """Old devices know only the second request. Where a device names no place, all is at the one that answers."""
    needs_login: LoginNeededError | None = None
    for request in (soap.SERVICES, soap.CAPABILITIES):
        try:
            services = onvif_answers.services(await service.ask(place, request))
        except (FaultError, NoOnvifError):
            continue
        except LoginNeededError as error:
            needs_login = error
            continue
        if services.keys() & {soap.MEDIA, soap.MEDIA2}:
            return services
    if needs_login is not None:
        raise needs_login
    return {soap.MEDIA: place}


async def _stream(profile: Profile, source: int, kind: str, media: ServicePlace, service: OnvifService) -> Stream:
    stream = Stream(None, source, profile.codec, profile.width, profile.height, profile.fps)
    try:
        answer = await service.ask(media, soap.stream_address(kind, profile.token))
    except (FaultError, NoOnvifError):
        return replace(stream, notice=texts.BAD_ADDRESS)
    url, notice = judge(onvif_answers.address(answer), service.host, STREAMS)
    return replace(stream, rtsp_url=url, notice=notice)


def _clock_words(off: timedelta) -> str:
    seconds = abs(off).total_seconds()
    size = next(
        (
            f"{seconds / unit:.0f} {name}"
            for unit, name in ((86_400, "days"), (3600, "h"), (60, "min"))
            if seconds >= 2 * unit
        ),
        f"{seconds:.0f} s",
    )
    return texts.CLOCK.format(size, "ahead" if off > timedelta() else "behind")
