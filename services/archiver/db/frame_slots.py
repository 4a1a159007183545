"""Which frame has a slot when one that was dated anew is in it, too: the one that was captured for it."""

from collections.abc import Sequence

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from services.archiver.db.models import ArchivedFrame
from services.archiver.files.paths import FrameName


def clear_slot(session: Session, frame: ArchivedFrame) -> None:
    """See to it that this new frame alone has its slot, or else that it has none.

    A frame that was dated anew has the slot only until one comes that was captured for it; one in doubt has it only as
    long as no other is there.
    """
    if session.exec(select(ArchivedFrame.id).where(ArchivedFrame.path == frame.path)).first() is not None:
        return  # its row is there already, and stays as it is
    holder = select(ArchivedFrame).where(
        ArchivedFrame.camera_key == frame.camera_key, ArchivedFrame.slot_start == frame.slot_start
    )
    row = session.exec(holder).first() if frame.slot_start is not None else None
    if row is None:
        return
    if (frame.doubtful and not row.doubtful) or not _give_way(session, row):
        frame.slot_start = None


def clear_slots_of(session: Session, row_ids: Sequence[int], new_key: str) -> None:
    """The rows get this camera's key: where it has a frame in one of their slots, the one dated anew gives way."""
    other = aliased(ArchivedFrame)
    pairs = select(ArchivedFrame, other).where(
        col(ArchivedFrame.id).in_(row_ids),
        other.camera_key == new_key,
        other.slot_start == ArchivedFrame.slot_start,
    )
    for own, theirs in session.exec(pairs).all():
        if own.path != theirs.path and not _give_way(session, own):
            _give_way(session, theirs)


def _give_way(session: Session, row: ArchivedFrame) -> bool:
    """Take the slot from a frame that was dated anew or is in doubt; False when it is captured for it. Its instant
    stays.
    """
    name = FrameName.parse(row.path)
    if not row.doubtful and (name is None or name.slot_start == row.slot_start):
        return False
    row.slot_start = None
    session.add(row)
    session.flush()
    return True
