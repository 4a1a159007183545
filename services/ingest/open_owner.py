"""Opens what the owner decides on access. Nothing of it is loaded where it is not asked for."""

from typing import TYPE_CHECKING

from shared.bus.settings import BusServerSettings
from shared.settings import load_settings

if TYPE_CHECKING:
    from services.ingest.access.owner import Owner


def open_owner(settings: BusServerSettings) -> "Owner | None":
    """None without BUS_CONTROL. Its directory is this process's until it is closed.

    Raises:
        ConfigurationError: OWNER_DIR, or a password of the environment, can't be used.
    """
    if settings.bus_control is None:
        return None
    from services.ingest.access.owner import Owner  # noqa: PLC0415
    from shared.access.settings import EnvironmentSecrets  # noqa: PLC0415

    return Owner(settings.owner_dir, load_settings(EnvironmentSecrets))
