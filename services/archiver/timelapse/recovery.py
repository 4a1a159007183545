"""Makes the lost record of a time-lapse anew from its video, as far as the video says it."""

from pydantic import BaseModel, ValidationError

from services.archiver.timelapse.formats import FACTS
from services.archiver.timelapse.job import Job, ScheduleMark
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.video_facts import VideoFacts


class _Origin(BaseModel):
    """What the archiver writes into a video (`Job.origin`)."""

    request: TimelapseRequest
    schedule: ScheduleMark | None = None


def recovered(bare: Job, facts: VideoFacts) -> Job:
    """The job, with its record to be written. Videos from before say only their size and length."""
    job = bare.with_(
        has_record=True,
        frames=facts.frames,
        done=facts.frames,
        fps=facts.fps,
        width=facts.width,
        height=facts.height,
    )
    try:
        origin = _Origin.model_validate_json(facts.origin)
    except ValidationError:
        return job
    is_its_own = (
        origin.request.camera == bare.camera and FACTS[origin.request.format].suffix == FACTS[bare.format].suffix
    )
    if not is_its_own:  # a video that was given another's name
        return job
    return job.with_(request=origin.request, schedule=origin.schedule)
