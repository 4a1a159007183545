"""Payloads, in order, put together into access units. Pure.

A camera's markers and time stamps are believed until the pictures themselves contradict. Then the slices' headers tell
where a picture begins. The builder handles payloads as bytes: a codec's `UnitShape` says what they are.
"""

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from services.ingest.decoding.access_unit import AccessUnit, Buffer


class Place(Enum):
    """Where a payload belongs."""

    NOWHERE = "no picture needs it"
    BEFORE = "it describes the picture to come"
    FIRST = "it holds the beginning of a picture"
    LATER = "it certainly holds a later piece of a picture"
    SAME = "it goes where the payload before it went"


class UnitShape(Protocol):
    """What must be known of a payload to tell where a picture begins and ends."""

    def place_of(self, payload: Buffer) -> Place:
        """Where it belongs. Asked at the edges of pictures only, unless the camera's markers can't be believed."""

    def starts_unit(self, payload: Buffer) -> bool:
        """Whether it certainly is the first of its access unit."""

    def extension_payload(self, extension: Buffer) -> Buffer:
        """A packet's header extension as a payload of its own, before the packet's; empty if it means nothing here."""


class UnitBuilder:
    """Takes payloads in order and calls `on_unit` with each access unit.

    An access unit ends at a marker, or when the time stamp changes. If a camera marks pieces of a picture, or gives
    them time stamps of their own, that is detected at the second piece. The picture then gets its other pieces and is
    given out once more; from then on that sign no longer counts.
    """

    def __init__(self, shape: UnitShape, on_unit: Callable[[AccessUnit], None]) -> None:
        self._shape = shape
        self._on_unit = on_unit
        self._unit: AccessUnit | None = None  # with a piece of a picture
        self._head: AccessUnit | None = None  # describes the picture to come
        self.last: AccessUnit | None = None
        """The one given out last."""
        self._was_marked = False  # what ended it
        self._has_markers = False
        self._trusts_markers = self._trusts_times = True
        self._is_cut = False  # whether something is missing before the next payload
        self._has_gap = False  # whether something may be missing there
        self._is_watchful = True  # whether each payload's place must be looked up

    @property
    def newest(self) -> AccessUnit | None:
        """The newest picture, perhaps unfinished."""
        return self._unit or self.last

    @property
    def is_between(self) -> bool:
        """Whether no picture has begun that its marker will end."""
        return self._unit is None or not self._has_markers

    def add(self, payload: Buffer, timestamp: int, marker: int) -> None:
        """Add the next payload. `marker` is not 0 where the camera says that its picture ends."""
        unit = self._unit
        if unit is not None and unit.timestamp == timestamp and not self._is_watchful:  # most payloads, the short way
            unit.add(payload)
        else:
            self._put_in_place(payload, timestamp)
        if marker and self._trusts_markers and self._unit is not None:
            self._finish(True)
            if not self._has_markers:
                self._has_markers = True
                self._settle()

    def repeats(self, payload: Buffer, timestamp: int) -> bool:
        """Whether the payload is the one before once more. A number alone does not tell where all are equal."""
        unit = self._head or self.newest
        return unit is not None and unit.timestamp == timestamp and unit.payloads[-1:] == [payload]

    def cut(self) -> None:
        """Note that something is missing before the next payload."""
        self._is_cut = self._is_watchful = True
        for unit in (self._unit, self._head):
            if unit is not None:
                unit.is_damaged = True

    def note_gap(self) -> None:
        """Note that the camera left out a number here. It may have left out a packet, or have counted others in."""
        self._has_gap = self._is_watchful = True

    def drop(self) -> None:
        """Forget what is unfinished."""
        self._unit = self._head = self.last = None

    def _put_in_place(self, payload: Buffer, timestamp: int) -> None:
        place = self._shape.place_of(payload)
        if not self._is_watchful and self._unit is None and (place is Place.FIRST or place is Place.BEFORE):
            self._begin_plainly(payload, timestamp, is_picture=place is Place.FIRST)
            return
        if place is Place.NOWHERE:
            return
        if place is Place.SAME:
            target = self._head or self._unit
            if target is not None:
                target.add(payload)
            return
        is_damaged = self._is_cut and not self._shape.starts_unit(payload)
        if place is Place.BEFORE:
            self._describe(payload, timestamp, is_damaged=is_damaged)
        elif place is Place.FIRST:
            self._finish()
            self._begin(payload, timestamp, is_damaged=is_damaged)
        else:
            self._go_on(payload, timestamp)
        self._is_cut = self._has_gap = False
        self._settle()

    def _begin_plainly(self, payload: Buffer, timestamp: int, *, is_picture: bool) -> None:
        """Begin a picture, or the description before it, where nothing is missing and the camera is believed."""
        unit = self._head
        if unit is None:
            unit = AccessUnit(timestamp)
        unit.add(payload)
        if is_picture:
            unit.timestamp = timestamp
            self._unit, self._head = unit, None
        else:
            self._head = unit

    def _describe(self, payload: Buffer, timestamp: int, *, is_damaged: bool) -> None:
        if self._unit is not None and timestamp != self._unit.timestamp and self._trusts_times:
            self._finish()
        if self._head is None:
            self._head = AccessUnit(timestamp, is_after_loss=self._is_cut)
        self._head.is_damaged |= is_damaged
        self._head.add(payload)

    def _begin(self, payload: Buffer, timestamp: int, *, is_damaged: bool) -> None:
        unit = self._unit = self._head or AccessUnit(timestamp)
        self._head = None
        unit.timestamp = timestamp
        unit.is_damaged |= is_damaged
        unit.is_after_loss |= self._is_cut
        unit.add(payload)

    def _go_on(self, payload: Buffer, timestamp: int) -> None:
        """Add a later piece of a picture. It proves that the picture had not ended, unless something is missing."""
        unit, last, newest = self._unit, self.last, self.newest
        is_new_time = newest is not None and timestamp != newest.timestamp
        is_certain = not (self._is_cut or self._has_gap)
        if unit is None and last is not None and is_certain:
            unit = self._unit = last
            unit.is_continued = True
            self._trusts_markers &= not self._was_marked
            self._trusts_times &= self._was_marked and not is_new_time
        elif unit is not None and is_new_time and is_certain:
            self._trusts_times = False
        if unit is None or (is_new_time and not is_certain and self._trusts_times):
            self._finish()
            self._begin(payload, timestamp, is_damaged=True)
            return
        if self._head is not None:
            for part in self._head.payloads:
                unit.add(part)
            self._head = None
        unit.timestamp = timestamp
        unit.add(payload)

    def _finish(self, is_marked: bool = False) -> None:
        """Give out the picture, if there is one."""
        unit = self._unit
        if unit is None:
            return
        self._unit, self.last, self._was_marked = None, unit, is_marked
        self._on_unit(unit)

    def _settle(self) -> None:
        is_plain = self._has_markers and self._trusts_markers and self._trusts_times
        self._is_watchful = self._is_cut or self._has_gap or not is_plain
