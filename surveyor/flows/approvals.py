"""A second person between a draft and its publication (SURVEYOR_APPROVAL): propose, approve, refuse, withdraw.

Who wrote a text cannot approve it. A proposal passed every check of a publication, and passes them again when it is
approved; what is refused or withdrawn goes back to its author as a draft.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.core.rules import VOLUME_TIMES, KnownNames
from surveyor.core.surveys import from_plain, to_plain
from surveyor.core.tokens import Keyring
from surveyor.db import audit, email_drafts, email_texts, proposals, rule_drafts, rules, survey_versions
from surveyor.db.base import new_id
from surveyor.db.proposals import Decision, Proposal
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import edit_surveys, publish_emails, publish_rules
from surveyor.flows.customer_journey import DEFAULTS, Defaults
from surveyor.flows.edit_emails import find
from surveyor.flows.publish_emails import Wanted
from surveyor.flows.tell_proposals import close, tell_approvers

RULES, EMAIL, SURVEY = "rules", "email:", "survey:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where publications happen: names that rules may use, the file they are written to, the emails' folder, over how
    many times the emails of today a number has to be typed, what recognises the addresses of those who can approve.
    """

    known: KnownNames | None = None
    file: Path | None = None
    folder: Path | None = None
    defaults: Defaults = DEFAULTS
    times: float = VOLUME_TIMES
    keys: Keyring | None = None


def propose_rules(sessions: Any, draft: publish_rules.Draft, *, now: datetime, place: Place) -> Proposal:
    """Propose a text of rules. Raises what a publication of it would raise."""
    draft = replace(draft, times=place.times)
    found, _ = publish_rules.ready(sessions, draft, now=now, defaults=place.defaults, known=place.known)
    body = {"text": found.text, "confirm_volume": found.confirm_volume, "said": _told(draft.said)}
    author = found.actor or found.author
    made = Proposal(new_id(now), RULES, found.base, body, author, found.author, found.why, now)
    return _propose(sessions, made, place.keys)


#: Of a what-if, what the second person sees beside the text.
_FIGURES = ("emails", "customers_reached", "mean", "peak_emails", "expected")


def _told(said: Any) -> Any:
    """The figures of a what-if that go with a proposal; None when it was not shown any."""
    if not said:
        return None
    kept = ("gained", "lost", "from", "to", "orders", "customers")
    against = said.get("against")
    told = {name: said.get(name) for name in (*_FIGURES, *kept)}
    return told | {"against": {name: against.get(name) for name in _FIGURES} if against else None}


def propose_email(
    sessions: Any, wanted: Wanted, *, folder: Path, now: datetime, keys: Keyring | None = None
) -> Proposal:
    """Propose the draft of an email. Raises what a publication of it would raise."""
    with sessions() as session:
        draft = find(session, wanted.author, wanted.kind)
    publish_emails.ready(sessions, wanted, draft.parts, base=draft.base, folder=folder)
    body = {"parts": {language: dict(parts) for language, parts in draft.parts.items()}}
    subject = EMAIL + wanted.kind
    made = Proposal(new_id(now), subject, draft.base, body, wanted.author, wanted.name, wanted.why, now)
    return _propose(sessions, made, keys, lambda session: email_drafts.discard(session, wanted.author, wanted.kind))


def propose_survey(
    sessions: Any, wanted: edit_surveys.Wanted, survey: str, *, now: datetime, keys: Keyring | None = None
) -> Proposal:
    """Propose the draft of a survey. Raises what a publication of it would raise."""
    with sessions() as session:
        draft = edit_surveys.find(session, wanted.author, survey)
    edit_surveys.ready(sessions, wanted, draft.survey, base=draft.base)
    body, subject = to_plain(draft.survey), SURVEY + survey
    made = Proposal(new_id(now), subject, draft.base, body, wanted.author, wanted.name, wanted.why, now)
    return _propose(sessions, made, keys, lambda session: survey_versions.discard_draft(session, wanted.author, survey))


def approve(
    sessions: Any, said: Decision, *, now: datetime, place: Place, volume: int | None = None
) -> rules.Version | email_texts.Version | survey_versions.Version:
    """Publish a proposal under its author's name. volume: the number of emails, typed, when it is unusual.

    Raises NotFound; Refused: `proposal_own` (403) to its author, `proposal_decided` (409) to whoever comes second,
    and all that a publication raises, a conflict with a version published since among it.
    """
    found = _open(sessions, said.id)
    if found.author == said.by:
        raise Refused([_own()], status=403)
    if found.subject == RULES:
        draft = publish_rules.Draft(
            found.body["text"],
            found.name,
            found.why,
            base=found.base,
            actor=found.author,
            confirm_volume=volume if volume is not None else found.body["confirm_volume"],
            accept_warnings=True,
            decision=said,
            times=place.times,
        )
        done = publish_rules.publish_rules(
            sessions, draft, now=now, defaults=place.defaults, known=place.known, file=place.file
        )
        return done.version
    assert found.base is not None  # rules alone may be proposed over nothing
    if found.subject.startswith(SURVEY):
        asked = edit_surveys.Wanted(found.author, found.name, found.why, said)
        return edit_surveys.publish_survey(sessions, asked, from_plain(found.body), base=found.base, now=now)
    kind = found.subject.removeprefix(EMAIL)
    wanted = Wanted(found.author, kind, found.name, found.why, said)
    if place.folder is None:
        raise NotFound("email")
    parts = found.body["parts"]
    return publish_emails.publish_texts(sessions, wanted, parts, base=found.base, folder=place.folder, now=now)


def refuse(sessions: Any, said: Decision, *, now: datetime) -> None:
    """Refuse a proposal, with a reason; its author finds it among their drafts. Raises as `approve`."""
    found = _open(sessions, said.id)
    if found.author == said.by:
        raise Refused([_own()], status=403)
    if not said.why.strip():
        raise Refused([_why()])
    _give_back(sessions, found, said, "refused", now)


def withdraw(sessions: Any, said: Decision, *, now: datetime) -> None:
    """Take one's own proposal back. Raises NotFound for somebody else's, Refused when it was decided."""
    found = _open(sessions, said.id)
    if found.author != said.by:
        raise NotFound("proposal")
    _give_back(sessions, found, said, "withdrawn", now)


def _propose(
    sessions: Any, made: Proposal, keys: Keyring | None, forget: Callable[[Any], None] = lambda _: None
) -> Proposal:
    """Keep a proposal, forget the draft that it was and write to those who can approve it, in one transaction."""
    with sessions.begin() as session:
        proposals.add(session, made)
        forget(session)
        _note(session, made, made.author, "propose", made.why, made.proposed_at)
        tell_approvers(session, made, keys, now=made.proposed_at)
    return made


def _open(sessions: Any, proposal: UUID) -> Proposal:
    with sessions() as session:
        found = proposals.find(session, proposal)
    if found is None:
        raise NotFound("proposal")
    return found


def _give_back(sessions: Any, found: Proposal, said: Decision, state: str, now: datetime) -> None:
    with sessions.begin() as session:
        close(session, said, state, now=now)
        _note(session, found, said.by, "refuse" if state == "refused" else "withdraw", said.why, now)
        if found.subject == RULES:
            if rule_drafts.find(session, found.author) is None:
                rule_drafts.save(session, found.author, base=found.base, text=found.body["text"], now=now)
            return
        if found.subject.startswith(SURVEY):
            survey = from_plain(found.body)
            if survey_versions.find_draft(session, found.author, survey.id) is None:
                draft = survey_versions.Draft(found.author, found.base or edit_surveys.NOTHING, survey, now)
                survey_versions.save_draft(session, draft)
            return
        kind = found.subject.removeprefix(EMAIL)
        if email_drafts.find(session, found.author, kind) is None and found.base is not None:
            parts = found.body["parts"]
            email_drafts.save(session, email_drafts.Draft(found.author, kind, found.base, parts, now))


def _note(session: Any, proposal: Proposal, who: str, verb: str, why: str, now: datetime) -> None:
    area = {"r": "rules", "e": "emails", "s": "surveys"}[proposal.subject[0]]
    what = f"{proposal.subject} proposal {proposal.id.hex}"
    audit.append(session, audit.Entry(who, f"{area}.{verb}", what, {"base": proposal.base}, None, why), now=now)


def _own() -> Complaint:
    fr = "Vous avez écrit ce texte : c'est à quelqu'un d'autre de l'approuver ou de le refuser."
    en = "You wrote this text: somebody else has to approve or refuse it."
    return Complaint("proposal", "proposal_own", fr, en)


def _why() -> Complaint:
    fr = "Dites pourquoi vous refusez : l'auteur le lira."
    return Complaint("reason", "proposal_reason_required", fr, "Say why you refuse: its author will read it.")
