"""What a change of a response moves in the tallies: rates on the day of the email, scores on the day of the answer."""

from __future__ import annotations

from datetime import date

from surveyor.core.delivery import counted as delivered_as
from surveyor.core.surveys import Kind, Survey
from surveyor.core.tally import Tally
from surveyor.db.responses import Counted, Link
from surveyor.db.tallies import Delta


def moved(of: Link, before: Counted | None, after: Counted | None) -> list[Delta]:
    """From what stood before to what stands now, of a sent invitation; nothing when nothing that counts has changed."""
    if before == after:
        return []
    deltas = [
        _delta(of, what.day, _scored(what) if sign > 0 else -_scored(what), what, sign)
        for what, sign in ((before, -1), (after, 1))
        if what is not None
    ]
    assert of.sent_day is not None
    return [*deltas, _delta(of, of.sent_day, _responded(after) - _responded(before))]


def first_visit(of: Link) -> list[Delta]:
    """A sent invitation is visited for the first time, which proves that its email arrived."""
    assert of.sent_day is not None
    was = delivered_as(of.delivery, of.delivery_rank, visited=False)
    now = delivered_as(of.delivery, of.delivery_rank, visited=True)
    return [_delta(of, of.sent_day, Tally(visited=1) + now - was)]


def no_visit(of: Link) -> list[Delta]:
    """What `first_visit` added is taken back: the answer that made it was struck."""
    assert of.sent_day is not None
    was = delivered_as(of.delivery, of.delivery_rank, visited=True)
    now = delivered_as(of.delivery, of.delivery_rank, visited=False)
    return [_delta(of, of.sent_day, Tally(visited=-1) + now - was)]


def told_by(survey: Survey, answers: object) -> tuple[tuple[str, str], ...]:
    """The answers with a histogram: numbers of a scale and choices, as (question, value). `answers`: as stored."""
    counted = {question.id for question in survey.questions if question.kind not in (Kind.NPS, Kind.TEXT)}
    given = answers.get("values", {}) if isinstance(answers, dict) else {}
    return tuple(sorted((name, str(value)) for name, value in given.items() if name in counted))


def _responded(what: Counted | None) -> Tally:
    return Tally() if what is None else Tally(responded=1, responded_commented=int(what.commented))


def _scored(what: Counted) -> Tally:
    counts = {f"score_{what.score}": 1}
    if what.commented:
        family = "promoters" if what.score >= 9 else "passives" if what.score >= 7 else "detractors"
        counts |= {"commented": 1, f"commented_{family}": 1}
    return Tally.from_mapping(counts)


def _delta(of: Link, day: date, counts: Tally, what: Counted | None = None, sign: int = 1) -> Delta:
    return Delta(
        day,
        of.store_id,
        of.rule_id,
        of.rule_version,
        of.segment,
        of.questionnaire_version,
        counts,
        answers=dict.fromkeys(what.answers, sign) if what is not None else {},
    )
