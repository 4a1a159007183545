"""Whether ingest answers at its socket file, where the doctor runs on the same computer, as a user who may ask."""

from collections.abc import Iterator
from typing import Final

from services.doctor import texts
from shared.bus.settings import BusServerSettings
from shared.checkup.finding import Finding, Weight
from shared.control.local import ask_here
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.errors import ConfigurationError
from shared.settings import load_settings

SECONDS: Final = 5.0


def setting_refused() -> Iterator[Finding]:
    """The setting of ingest that can't be used, if there is one, without its value."""
    try:
        load_settings(BusServerSettings)
    except ConfigurationError as error:
        yield Finding(Weight.WRONG, texts.SETTINGS, error.public, texts.SETTING_ADVICE)


def ingest_here() -> Iterator[Finding]:
    """Nothing where there is no such file, as in the container of another service."""
    about = texts.INGEST_HERE
    try:
        socket_file = load_settings(BusServerSettings).control_socket
        if not socket_file.exists():
            return
        told = ask_here(socket_file, "overview", deadline_seconds=SECONDS)
    except (PermissionError, ConfigurationError):
        return  # the directory is of ingest's user, or these are not the settings of an ingest
    except (ControlRefusedError, ControlSilentError) as error:
        yield Finding(Weight.DOUBT, about, str(error))
        return
    yield Finding(Weight.WELL, about, texts.INGEST_ANSWERS)
    for name, weight in (("closed", Weight.WRONG), ("notice", Weight.DOUBT)):
        if isinstance(words := told.get(name), str):
            yield Finding(weight, about, words)
