"""What is wrong is shown while it lasts, one sentence for each subject."""

from services.archiver.base.problems import Problems, Subject


def test_a_subject_shows_its_latest_sentence_until_it_is_cleared() -> None:
    """Others stay; what was never reported may be cleared as well."""
    problems = Problems()
    problems.report(Subject.DATABASE, "It is locked.")
    problems.report(Subject.STORE, "It is full.")
    problems.report(Subject.DATABASE, "It is away.")
    assert problems.texts() == ["It is away.", "It is full."]
    problems.clear(Subject.DATABASE)
    problems.clear(Subject.RETENTION)
    assert problems.texts() == ["It is full."]
