"""Record what a customer posts: a revision, what stands of all of them, and the tallies, in one transaction; step 7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from surveyor.core.calendar import zone_of
from surveyor.core.nonce import Page, milliseconds, read
from surveyor.core.responses import Revision, Signs, outcome, standing
from surveyor.core.responses import held as why_held
from surveyor.core.surveys import Answers, Survey, answers_to_plain, parse_answers
from surveyor.core.tokens import Keyring, digest, is_token
from surveyor.db import emails, tallies
from surveyor.db import responses as rows
from surveyor.db.prepared import together
from surveyor.db.responses import Counted, Held, Link, NewRevision, StoredRevision
from surveyor.db.tallies import Delta
from surveyor.faults import fault
from surveyor.flows.again import again
from surveyor.flows.note_fact import Happened, note_facts
from surveyor.flows.record_response import counting
from surveyor.flows.record_response.pages import is_over, page_keys, page_nonce
from surveyor.flows.record_response.results import Ended, Invalid, Recorded, Result, Stale, Unknown
from surveyor.flows.record_response.sorting import sort, watch
from surveyor.flows.send_emails.mailer import Journeys
from surveyor.flows.settle_doubts.evidence import Fact, accept_on_evidence
from surveyor.flows.sort_verbatims import InForce, in_force

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
            means = _Means(keys, journeys, now, in_force(session))
            held = _hold(session, token, form, means, deltas)
            if held is None:
                return Unknown()
            with together(session):
                result = _take(session, held, form, means, deltas)
                tallies.add(session, deltas)
            note_facts(session, means.facts, now=now)
            fault("response.in_tx")
        return result

    result = again(once) if is_token(token) else Unknown()
    fault("response.committed")
    return result


@dataclass(frozen=True, slots=True)
class _Means:
    """What every step needs; facts: what happened, for webhooks, noted at the end."""

    keys: Keyring
    journeys: Journeys
    now: datetime
    lexicon: InForce
    facts: list[Happened] = field(default_factory=list)


def _hold(session: Any, token: str, form: Form, means: _Means, deltas: list[Delta]) -> Held | None:
    """The invitation under its locks; an email in doubt has arrived, since its link is used."""
    since = means.now - SWEEP_WITHIN
    held = rows.hold(session, digest(token), client_key=form.client_key, since=since)
    if held is None or held.opened.link.state == "sent":
        return held
    link = held.opened.link
    emails.lock(session, address_keys=[link.address_key], email_ids=[link.email_id])
    deltas += accept_on_evidence(session, [link.email_id], ANSWERED, journeys=means.journeys, now=means.now)
    rows.lock_invitation(session, link.invitation_id)
    return rows.hold(session, digest(token), client_key=form.client_key, since=since)


def _take(session: Any, held: Held, form: Form, means: _Means, deltas: list[Delta]) -> Result:
    """The result; `deltas` is given what the tallies change by, to be added last. Nothing is read any more."""
    keys, now = means.keys, means.now
    link, survey = held.opened.link, held.opened.survey
    if is_over(link, now) or link.sent_day is None:
        return Ended(link)
    page = read(page_keys(keys), link.invitation_id, form.value("nonce"), now=now)
    if page is None:
        return Stale(link, survey, page_nonce(keys, link.invitation_id, now=now))
    answers = parse_answers(survey, form.items, control_fields=CONTROL_FIELDS)
    if isinstance(answers, list):
        fresh = page_nonce(keys, link.invitation_id, now=now, follows=page.follows)
        return Invalid(link, survey, tuple(answers), fresh)
    return _record(session, _Post(held, form, page, answers), means, deltas)


@dataclass(frozen=True, slots=True)
class _Post:
    """A form that can be taken, with the page it came from."""

    held: Held
    form: Form
    page: Page
    answers: Answers

    @property
    def link(self) -> Link:
        """The link it answers."""
        return self.held.opened.link

    @property
    def survey(self) -> Survey:
        """What was asked."""
        return self.held.opened.survey


def _record(session: Any, post: _Post, means: _Means, deltas: list[Delta]) -> Recorded:
    stored = list(post.held.revisions)
    content = bytes.fromhex(post.answers.digest())
    known = next((one for one in stored if one.revision.page == post.page.page and one.content_sha256 == content), None)
    if known is None:
        stored.append(_keep(session, post, stored, content, means.now))
        deltas += _count(session, post, stored, means)
    n = known.revision.n if known else stored[-1].revision.n
    told = outcome([one.revision for one in stored], n)
    nonce = page_nonce(means.keys, post.link.invitation_id, now=means.now, follows=told.follows)
    return Recorded(post.link, post.survey, told.answer, n, told.follows, told.scores, nonce, known is not None)


def _keep(session: Any, post: _Post, stored: Sequence[StoredRevision], content: bytes, now: datetime) -> StoredRevision:
    before = [one.revision for one in stored]
    revision = Revision(len(stored) + 1, post.page.page, post.page.follows, post.answers.score, True, now)
    why = why_held(before, revision, _signs(post, now))
    revision = replace(revision, clean=why is None)
    plain, verbatim = answers_to_plain(post.answers), post.answers.verbatim or None
    dwell = milliseconds(now) - post.page.issued_ms
    rows.insert_revision(
        session,
        NewRevision(post.link.invitation_id, revision, content, plain, verbatim, why, dwell, post.form.client_key),
    )
    return StoredRevision(revision, content, plain, verbatim)


def _signs(post: _Post, now: datetime) -> Signs:
    sign = post.form.value("sign")
    dwell = milliseconds(now) - post.page.issued_ms
    return Signs(dwell, sign in ("js", "person"), sign == "person", post.held.scores_opened)


def _count(session: Any, post: _Post, stored: Sequence[StoredRevision], means: _Means) -> list[Delta]:
    """Write what stands, sorted under labels; what that changes in the tallies."""
    link, now = post.link, means.now
    found = standing([one.revision for one in stored])
    number, before = post.held.opened.n, post.held.opened.counted
    if before is not None:
        before = replace(before, answers=_answers(post.survey, stored, number))
    after = chosen = None
    if found.standing is not None and found.score is not None and found.answered_at is not None:
        chosen = next(one for one in stored if one.revision.n == found.standing)
        day = found.answered_at.astimezone(zone_of(link.zone)).date()
        told = _answers(post.survey, stored, found.standing)
        after = Counted(found.score, bool(chosen.verbatim), day, told)
    rows.save_response(session, link, found, after, now=now)
    said = sort(session, post.held, means.lexicon, stands=chosen, counted=after)
    watch(session, post.held, means.lexicon, found=said, counted=after, now=now)
    if after is not None and (before is None or found.standing != number):
        kind = "response.recorded" if before is None else "response.edited"
        means.facts.append(Happened(kind, link.invitation_id.hex, now, {}))
    deltas = counting.moved(link, before, after)
    if after is not None and link.visited_at is None:
        rows.note_visited(session, link.invitation_id, at=now)
        deltas += counting.first_visit(link)
    elif after is None and before is not None and link.visited_at in {one.revision.at for one in stored}:
        rows.forget_visit(session, link.invitation_id)
        deltas += counting.no_visit(link)
    return deltas


def _answers(survey: Survey, stored: Sequence[StoredRevision], n: int) -> tuple[tuple[str, str], ...]:
    return counting.told_by(survey, next((one.answers for one in stored if one.revision.n == n), None))
