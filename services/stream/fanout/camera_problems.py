"""Why a camera has no live picture, and what is wrong with all of them, by what they and their ingests said.

Everything runs on the loop's thread.
"""

from collections.abc import Callable

from services.stream.base import texts
from services.stream.fanout.cameras import WAITING, Cameras, KnownCamera, Problem
from services.stream.fanout.ingests import Ingests


class CameraProblems:
    """`seconds` is the time by which silence is judged."""

    def __init__(self, cameras: Cameras, ingests: Ingests, seconds: Callable[[], float]) -> None:
        self._cameras = cameras
        self._ingests = ingests
        self._seconds = seconds

    def refusal_of(self, camera: KnownCamera) -> str | None:
        """Which setting keeps a silent camera's ingest from starting; None where it may be something else."""
        now = self._seconds()
        return self._ingests.refusal_of(camera.status.camera, now) if camera.is_silent(now) else None

    def of(self, camera: KnownCamera | None) -> Problem | None:
        """Why a camera, or the one that is not known yet, has no live picture now; None while it has one. A silent
        ingest may have said why it is so.
        """
        now = self._seconds()
        if camera is None:
            refusal = self._ingests.refusal(now)
            return WAITING if refusal is None else _of_a_setting(refusal)
        problem, refusal = camera.problem(now), self.refusal_of(camera)
        if problem is None or refusal is None:
            return problem
        return _of_a_setting(refusal, problem.since_ns)

    def in_words(self) -> list[str]:
        """What is wrong beyond this replica. A refusal stands there once, and not for each of its cameras."""
        now = self._seconds()
        refusal, cameras = self._ingests.refusal(now), self._cameras.in_order()
        if not cameras and refusal is None:
            return [WAITING.advice]
        refusals = [] if refusal is None else [f"{texts.INGEST_REFUSES}: {refusal}"]
        others = [camera for camera in cameras if self.refusal_of(camera) is None]
        return refusals + [f"{camera.status.name}: {text}" for camera in others for text in camera.complaints(now)]


def _of_a_setting(refusal: str, since_ns: int | None = None) -> Problem:
    return Problem(texts.INGEST_REFUSES, refusal, since_ns, texts.OWNERS_SETTINGS)
