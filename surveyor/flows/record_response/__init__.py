"""Record what a customer posts: a revision, what stands of all of them, and the tallies, in one transaction; step 7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.calendar import zone_of
from surveyor.core.nonce import Page, milliseconds, read
from surveyor.core.responses import Revision, Signs, held, outcome, standing
from surveyor.core.surveys import Answers, Survey, answers_to_plain, parse_answers
from surveyor.core.tokens import Keyring
from surveyor.db import emails, tallies
from surveyor.db import responses as rows
from surveyor.db.responses import Counted, Link, NewRevision, StoredRevision
from surveyor.db.tallies import Delta
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.flows.record_response import counting
from surveyor.flows.record_response.pages import find_link, is_over, page_keys, page_nonce
from surveyor.flows.record_response.results import Ended, Invalid, Recorded, Result, Stale, Unknown
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts.evidence import Fact, accept_on_evidence

__all__ = ["Ended", "Form", "Invalid", "Recorded", "Result", "Stale", "Unknown", "page_nonce", "record_response"]

#: Fields of the page itself: its mark, and what its script saw.
CONTROL_FIELDS = frozenset({"nonce", "sign"})
SWEEP_WITHIN = timedelta(seconds=60)
ANSWERED = Fact("response", arrived=True)


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was posted: names and values in order, and who sent it (`core/tokens.client_key`).

    `nonce` and `sign` are among the items. sign: "" when no script ran, "js" when one did, "person" when it saw a
    trusted pointer, touch, key, scroll or click.
    """

    items: tuple[tuple[str, str], ...]
    client_key: bytes

    def value(self, name: str) -> str:
        """The first value of a field, "" when it was not sent."""
        return next((value for key, value in self.items if key == name), "")


def record_response(
    sessions: Any, token: str, *, form: Form, keys: Keyring, journeys: Journeys, now: datetime
) -> Result:
    """Take one POST of a survey link (pipeline.md, 13). Whatever is answered with thanks is stored when this returns.

    The same page with the same content again changes nothing and is answered as then.
    """

    def once() -> Result:
        deltas: list[Delta] = []
        with sessions.begin() as session:
            result = _take(session, token, form, _Means(keys, journeys, now), deltas)
            tallies.add(session, deltas)
            fault("response.in_tx")
        return result

    result = again(once)
    fault("response.committed")
    return result


@dataclass(frozen=True, slots=True)
class _Means:
    """What every step needs."""

    keys: Keyring
    journeys: Journeys
    now: datetime


def _take(session: Any, token: str, form: Form, means: _Means, deltas: list[Delta]) -> Result:
    """The result; `deltas` is given what the tallies change by, to be added last."""
    keys, now = means.keys, means.now
    link = find_link(session, token)
    if link is None:
        return Unknown()
    link = _ours(session, token, link, means, deltas)
    if is_over(link, now) or link.sent_day is None:
        return Ended(link)
    survey = rows.survey_of(session, link.survey, link.questionnaire_version)
    page = read(page_keys(keys), link.invitation_id, form.value("nonce"), now=now)
    if page is None:
        return Stale(link, survey, page_nonce(keys, link.invitation_id, now=now))
    answers = parse_answers(survey, form.items, control_fields=CONTROL_FIELDS)
    if isinstance(answers, list):
        fresh = page_nonce(keys, link.invitation_id, now=now, follows=page.follows)
        return Invalid(link, survey, tuple(answers), fresh)
    return _record(session, _Post(link, survey, form, page, answers), means, deltas)


@dataclass(frozen=True, slots=True)
class _Post:
    """A form that can be taken, with the page it came from."""

    link: Link
    survey: Survey
    form: Form
    page: Page
    answers: Answers


def _ours(session: Any, token: str, link: Link, means: _Means, deltas: list[Delta]) -> Link:
    """The link under the locks; an email in doubt has arrived, since its link is used."""
    if link.state != "sent":
        emails.lock(session, address_keys=[link.address_key], email_ids=[link.email_id])
        deltas += accept_on_evidence(session, [link.email_id], ANSWERED, journeys=means.journeys, now=means.now)
    rows.lock_invitation(session, link.invitation_id)
    return find_link(session, token) or link


def _record(session: Any, post: _Post, means: _Means, deltas: list[Delta]) -> Recorded:
    stored = rows.revisions(session, post.link.invitation_id)
    content = bytes.fromhex(post.answers.digest())
    known = next((one for one in stored if one.revision.page == post.page.page and one.content_sha256 == content), None)
    if known is None:
        stored.append(_keep(session, post, stored, content, means.now))
        deltas += _count(session, post, stored, means.now)
    n = known.revision.n if known else stored[-1].revision.n
    told = outcome([one.revision for one in stored], n)
    nonce = page_nonce(means.keys, post.link.invitation_id, now=means.now, follows=told.follows)
    return Recorded(post.link, post.survey, told.answer, n, told.follows, told.scores, nonce, known is not None)


def _keep(session: Any, post: _Post, stored: Sequence[StoredRevision], content: bytes, now: datetime) -> StoredRevision:
    before = [one.revision for one in stored]
    revision = Revision(len(stored) + 1, post.page.page, post.page.follows, post.answers.score, True, now)
    why = held(before, revision, _signs(session, post, now))
    revision = replace(revision, clean=why is None)
    plain, verbatim = answers_to_plain(post.answers), post.answers.verbatim or None
    dwell = milliseconds(now) - post.page.issued_ms
    rows.insert_revision(
        session,
        NewRevision(post.link.invitation_id, revision, content, plain, verbatim, why, dwell, post.form.client_key),
    )
    return StoredRevision(revision, content, plain, verbatim)


def _signs(session: Any, post: _Post, now: datetime) -> Signs:
    sign = post.form.value("sign")
    opened = rows.scores_opened(session, post.link.invitation_id, post.form.client_key, since=now - SWEEP_WITHIN)
    return Signs(milliseconds(now) - post.page.issued_ms, sign in ("js", "person"), sign == "person", opened)


def _count(session: Any, post: _Post, stored: Sequence[StoredRevision], now: datetime) -> list[Delta]:
    """Write what stands; what that changes in the tallies."""
    link = post.link
    found = standing([one.revision for one in stored])
    number, before = rows.counted(session, link.invitation_id)
    if before is not None:
        before = replace(before, answers=_answers(post.survey, stored, number))
    after = None
    if found.standing is not None and found.score is not None and found.answered_at is not None:
        chosen = next(one for one in stored if one.revision.n == found.standing)
        day = found.answered_at.astimezone(zone_of(link.zone)).date()
        told = _answers(post.survey, stored, found.standing)
        after = Counted(found.score, bool(chosen.verbatim), day, told)
    rows.save_response(session, link, found, after, now=now)
    deltas = counting.moved(link, before, after)
    if after is not None and rows.mark_visited(session, link.invitation_id, at=now):
        deltas += counting.first_visit(link)
    return deltas


def _answers(survey: Survey, stored: Sequence[StoredRevision], n: int) -> tuple[tuple[str, str], ...]:
    return counting.told_by(survey, next((one.answers for one in stored if one.revision.n == n), None))
