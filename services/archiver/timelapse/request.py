"""The request for a time-lapse and its limits: the body over HTTP, also stored beside the video."""

from datetime import time
from fractions import Fraction
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.archiver.timelapse.formats import DEFAULT_FORMAT, OutputFormat
from shared.bus.topics import KEY_PATTERN
from shared.time_zone import ZoneName

DEFAULT_FPS: Final = 24
LEAST_FPS: Final = 1
MOST_FPS: Final = 60
LARGEST_SIDE: Final = 3840
SMALLEST_SIDE: Final = 64


_Side = Annotated[int, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE, multiple_of=2)]


class TimelapseRequest(BaseModel):
    """Which frames, how fast, how large, in which format."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")

    camera: str = Field(pattern=KEY_PATTERN, max_length=63, description="a camera's key")
    since: AwareDatetime = Field(alias="from", description="frames captured at this time or later, with its offset")
    until: AwareDatetime = Field(alias="to", description="frames captured before this time, with its offset")
    daylight: bool = Field(default=False, description="leave dark frames out")
    daily_at: time | None = Field(
        default=None, description="one frame a day, the nearest to this local time, such as 12:00"
    )
    tz: ZoneName = Field(
        default="UTC",
        max_length=64,
        description="the time zone of `daily_at` and of the printed time, as Europe/Berlin; by default the archive's",
    )
    fps: float | None = Field(
        default=None,
        ge=LEAST_FPS,
        le=MOST_FPS,
        description=f"frames per second; {DEFAULT_FPS}, or what `length_seconds` needs",
    )
    length_seconds: float | None = Field(
        default=None, ge=1, le=3600, description="how long it should be: frames are left out evenly to get there"
    )
    width: _Side | None = Field(default=None, description="even; the frames' own width, but no more than 1280")
    height: _Side | None = Field(default=None, description="even; by default as the frames' shape needs")
    timestamp: bool = Field(default=False, description="print the local time into the picture")
    deflicker: bool = Field(default=False, description="steady the light from picture to picture")
    format: OutputFormat = DEFAULT_FORMAT

    @model_validator(mode="after")
    def _can_hold_frames(self) -> Self:
        if self.since >= self.until:
            raise ValueError("'from' must be before 'to'")
        if self.daily_at is not None and self.daily_at.tzinfo is not None:
            raise ValueError("'daily_at' is a local time of 'tz' and has no offset of its own")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone `tz`."""
        return ZoneInfo(self.tz)

    @property
    def exact_fps(self) -> Fraction | None:
        """The requested frames per second as a fraction; None when none are requested."""
        return None if self.fps is None else Fraction(self.fps).limit_denominator(1000)
