"""What the command that makes a demo archive says. A part of `texts.py`."""

from services.archiver.base.texts import pictures


def demo_failed(reason: object) -> str:
    return f"The demo archive could not be finished: {reason} What is there so far is whole."


def demo_done(count: int, camera_key: str, days: int, seconds: float) -> str:
    return f"{pictures(count)} of {camera_key}, {days} days, made in {seconds:.0f} s."


def demo_refused(present: int, camera_key: str) -> str:
    return (
        f"The archive has {pictures(present)} of {camera_key} already. Name another camera, set ARCHIVE_DIR and "
        "DATABASE_URL to another place, or say --add to put the made-up ones between them."
    )
