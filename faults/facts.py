"""What the lab sees, as values. All times are UTC epoch seconds of the lab's own clock, which no fault touches."""

from dataclasses import dataclass
from enum import Enum, auto

from faults.audience import LAB


@dataclass(frozen=True, slots=True)
class Sight:
    """A viewer got a picture. `taken_at` is what the camera painted into it; None when that can't be read."""

    viewer: str
    camera: str
    at: float
    taken_at: float | None
    live: bool


@dataclass(frozen=True, slots=True)
class Painted:
    """How many pictures a camera had painted."""

    camera: str
    at: float
    count: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """How many connections our processes had to one address of a camera. `opened` counts all its sessions since the
    lab began, as the camera has seen them.
    """

    address: str
    at: float
    count: int
    opened: int = 0


@dataclass(frozen=True, slots=True)
class SlotRow:
    """What the archive's rows say of one settled slot."""

    camera: str
    start: float
    end: float
    frames: int
    reasons: tuple[str, ...]
    """One for each gap that covers the slot."""


@dataclass(frozen=True, slots=True)
class ArchivedPicture:
    """A frame of a slot: when the row says it was captured, and when the camera painted it."""

    camera: str
    slot_start: float
    slot_seconds: float
    captured_at: float
    taken_at: float | None


@dataclass(frozen=True, slots=True)
class Lost:
    """A file or row of the archive that was there and is gone, though retention by the true clock keeps it."""

    what: str
    at: float


@dataclass(frozen=True, slots=True)
class Told:
    """What an open page showed: words of trouble about a camera or the archive; none when it shows no trouble.

    `answered` is False when the page got no answer, which it says in words of its own.
    """

    page: str
    at: float
    words: tuple[str, ...]
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret stood in an output."""

    where: str
    secret: str
    at: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a service and its children held while nothing was wrong."""

    service: str
    at: float
    descriptors: int
    threads: int
    memory_bytes: int
    processes: int = 1


NOTHING, STRANGER, VIEWER = "nothing", "a token of nobody", "a viewer's token at the cameras' settings"
"""What somebody may show who may not come in."""


class Decision(Enum):
    """What is known of a token. `ASKED`: its end was asked for and not answered, so it may be valid or not."""

    MADE = auto()
    ASKED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Decided:
    """The owner decided on a token, and had the answer at this time."""

    token: str
    at: float
    what: Decision


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody asked a replica for something, or was still served by it (`is_watching`), by a token or with nothing."""

    token: str
    door: str
    at: float
    status: int
    is_watching: bool = False


@dataclass(frozen=True, slots=True)
class Late:
    """A part that no fault starved ran this much later than it wanted to, before `at`: the lab, a camera, a service."""

    at: float
    seconds: float
    part: str = LAB
