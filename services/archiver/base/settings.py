"""The archiver's settings. `shared.settings` reads the environment and refuses bad values."""

import re
import shutil
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from services.archiver.base.capture_rule import ALWAYS_WORD, CaptureRule, parse_rule
from services.archiver.base.capture_rule import GRAMMAR as GRAMMAR_OF_RULES
from services.archiver.base.daylight import Location, parse_location
from services.archiver.base.retention_policy import GRAMMAR, KEEP_EVERYTHING, Policy, parse_age
from services.archiver.base.timelapse_schedule import GRAMMAR as GRAMMAR_OF_TIMELAPSES
from services.archiver.base.timelapse_schedule import parse_schedule
from shared.errors import ConfigurationError
from shared.settings import Port, SettingValueError
from shared.time_zone import ZoneName, local_zone_name
from shared.web.settings import WebSettings

DEFAULT_DATABASE_URL: Final = "sqlite:///data/camera/archive.db"
S3_SCHEME: Final = "s3://"
_DRIVERS: Final = ("sqlite", "postgresql+psycopg")
BUCKET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.-]*)?")


class ArchiverSettings(WebSettings):
    """Frozen. `__main__` reads them once and passes them down."""

    archiver_host: str = Field("127.0.0.1", min_length=1, description="an address of this host to listen on")
    """Where the archive's API listens."""
    archiver_port: Port = 8002
    """The port of the archive's API."""
    archive_dir: str = Field(
        "data/camera/frames",
        description="a directory that can be written, or a path where one can be made, or s3://bucket/prefix",
    )
    """Where the archive keeps its pictures, as WebP files (docs/archive.md). What a directory's file system can do is
    tried at the start."""
    archive_expect_marker: bool = Field(False, description="true or false")
    """true: ARCHIVE_DIR is an archive already, on a disk that may be not mounted. Without its file `framecast-archive`
    nothing is written there, and no new archive is begun (docs/archive.md)."""
    archive_webp_quality: int = Field(80, ge=1, le=100, description="a number from 1 (small) to 100 (like the camera)")
    """The quality of the archive's pictures."""
    archive_webp_method: int = Field(4, ge=0, le=6, description="a number from 0 (fast) to 6 (small)")
    """How long the encoder looks for a smaller file."""
    # The object store's library reads the other AWS_* variables itself.
    aws_endpoint_url: str | None = Field(
        None, pattern=r"^https?://[^@/]+/?$", description="the object store's address, such as https://s3.example.org"
    )
    """The object store's address, for an ARCHIVE_DIR of s3://, where it is not Amazon's."""
    # Secret, since it may hold a password: no error and no repr shows it.
    database_url: SecretStr = Field(
        SecretStr(DEFAULT_DATABASE_URL),
        description=(
            "sqlite:///relative/file.db, sqlite:////absolute/file.db or postgresql+psycopg://user:password@host/name "
            "(write special characters of the password as %40 and so on)"
        ),
    )
    """Where the archive keeps its rows. SQLite only on a local disk. A file that holds it is read again for each new
    connection to PostgreSQL, so a changed password needs no restart."""

    archive_keep: str = Field(KEEP_EVERYTHING, description=GRAMMAR)
    """How long pictures are kept (docs/retention.md)."""
    archive_time_zone: ZoneName = Field(
        default_factory=local_zone_name, description="a time zone such as Europe/Berlin"
    )
    """The one time zone of the archive: of the days in ARCHIVE_KEEP, of CAPTURE_WHEN, of the names of downloaded
    files, and of times in time-lapses. Unset: that of TZ, or of this computer."""
    capture_when: str = Field(ALWAYS_WORD, description=GRAMMAR_OF_RULES)
    """When pictures are archived (docs/archive.md). Outside of it no slot counts as missed. "Capture now" always
    works."""
    location: str | None = Field(None, description="a latitude and a longitude, such as 52.5,13.4")
    """Where the cameras are, for the daylight of CAPTURE_WHEN. The pages do not show it."""
    archive_delete_percent: int = Field(10, ge=1, le=100, description="a number from 1 to 100, which sets no limit")
    """Of the archive's pictures that are overdue by ARCHIVE_KEEP for more than a day, at most this share is deleted in
    a day, in percent."""
    archive_max_bytes: int = Field(0, ge=0, description="a number of bytes, or 0 for no limit")
    """When the archive is larger, the oldest pictures are deleted."""
    cameras_file: Path | None = Field(
        None, description="the path of a TOML file with a [[camera]] table for each camera"
    )
    """The cameras file of ingest, where cameras have rules of their own for the archive (docs/retention.md). It is read
    again when it changes."""
    archive_min_free_bytes: int = Field(0, ge=0, description="a number of bytes, or 0 for no floor")
    """With fewer bytes free on the disk the archiver writes nothing. It deletes nothing for it."""
    archive_take_back: bool = Field(default=True, description="true or false")
    """Whether a picture that was deleted is listed again when its file is put back, from a backup for instance. With
    false the file stays where it is, unlisted, and the log and `framecast rescan` tell of it."""
    timelapse_dir: Path = Field(
        Path("data/camera/timelapses"), description="a directory that can be written, or a path where one can be made"
    )
    """Where finished time-lapses are kept (docs/timelapse.md)."""
    timelapse_keep: str = Field(
        "30d", description="an age such as 30d (a whole number with h, d, w, m or y), or forever"
    )
    """How long automatic time-lapses are kept whose entry in TIMELAPSE_SCHEDULE doesn't say it. What somebody asked for
    stays until somebody deletes it."""
    timelapse_schedule: str | None = Field(None, description=GRAMMAR_OF_TIMELAPSES)
    """The time-lapses that are made by themselves, in the time zone of the archive
    (docs/timelapse.md#by-themselves). By default none."""
    timelapse_ffmpeg: str | None = Field(
        None, description="the path or the name of an ffmpeg program, or empty for the built-in encoder"
    )
    """An ffmpeg with libx264 that makes time-lapses in H.264 in place of the built-in encoder, for an installation
    without the extra `timelapse`."""

    @field_validator("archive_dir")
    @classmethod
    def _names_a_place(cls, value: str) -> str:
        if "://" in value and not (BUCKET.fullmatch(value) and ".." not in value):
            raise ValueError("no place for files")
        return value

    @field_validator("archive_keep")
    @classmethod
    def _is_a_policy(cls, value: str) -> str:
        Policy.parse(value, ZoneInfo("UTC"))
        return value

    @field_validator("location")
    @classmethod
    def _is_on_earth(cls, value: str | None) -> str | None:
        if value is not None:
            parse_location(value)
        return value

    @field_validator("capture_when")
    @classmethod
    def _is_a_rule(cls, value: str) -> str:
        try:
            parse_rule(value, ZoneInfo("UTC"), Location(0, 0))
        except ValueError as error:
            raise SettingValueError(f"{error}.") from None
        return value

    @model_validator(mode="after")
    def _has_a_location_for_daylight(self) -> Self:
        if self.location is None and self.capture_when.strip().lower().startswith("daylight"):
            raise ValueError(
                f"CAPTURE_WHEN is '{self.capture_when}', so LOCATION must be set, too: a latitude and a longitude, "
                "such as 52.5,13.4."
            )
        return self

    @property
    def place(self) -> Location | None:
        """What LOCATION says."""
        return None if self.location is None else parse_location(self.location)

    @property
    def capture_rule(self) -> CaptureRule:
        """What CAPTURE_WHEN says, with ARCHIVE_TIME_ZONE and LOCATION."""
        return parse_rule(self.capture_when, ZoneInfo(self.archive_time_zone), self.place)

    @field_validator("timelapse_keep")
    @classmethod
    def _is_an_age(cls, value: str) -> str:
        parse_age(value)
        return value

    @field_validator("timelapse_schedule")
    @classmethod
    def _is_a_schedule(cls, value: str | None) -> str | None:
        try:
            parse_schedule(value or "daily")
        except ValueError as error:
            raise SettingValueError(str(error)) from None
        return value

    @field_validator("timelapse_ffmpeg")
    @classmethod
    def _is_a_program(cls, value: str | None) -> str | None:
        if value is not None and shutil.which(value) is None:
            raise ValueError("no program")
        return value

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, value: SecretStr) -> SecretStr:
        try:
            url = make_url(value.get_secret_value())
        except ArgumentError:
            raise ValueError("no database URL") from None
        in_memory = url.database in (None, "", ":memory:") or str(url.database).startswith("file:")
        if url.drivername not in _DRIVERS or in_memory:
            raise ValueError("no database that can be used")
        return value


def unusable_directory(field_name: str, place: object, reason: str) -> ConfigurationError:
    """The error for a directory that can never be used. `reason` may end with advice in brackets, which names it."""
    name, description = field_name.upper(), ArchiverSettings.model_fields[field_name].description
    return ConfigurationError(
        f"{name} is '{place}' but must be {description}: {reason}.",
        public=f"{name} is '…' but must be {description}: {reason.partition(' (')[0]}.",
    )
