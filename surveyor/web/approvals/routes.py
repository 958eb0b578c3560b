"""Pages of proposals: what would change, who wrote it and why; a second person decides, the author waits."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.rules import check_rules, diff_rules, text_diff
from surveyor.core.surveys import from_plain
from surveyor.core.surveys.compared import as_text as survey_text
from surveyor.core.surveys.compared import changes as survey_changes
from surveyor.core.templates.compared import changes, text_changes
from surveyor.db import proposals, rules
from surveyor.db.proposals import Decision, Proposal
from surveyor.errors import NotFound, Refused
from surveyor.flows import approvals
from surveyor.flows.customer_journey import Defaults
from surveyor.flows.edit_emails import before as start_of
from surveyor.flows.edit_surveys import before
from surveyor.shipped import shipped
from surveyor.web.emails.shown import kind_name
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.rules.known import known_names
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("approvals", __name__, url_prefix="/approvals")
_DECIDED = 50


def place() -> approvals.Place:
    """Where this installation publishes."""
    found = services().settings
    file = found.home / "rules.toml" if found.home.is_dir() else None
    defaults = Defaults(found.time_zone, found.language)
    return approvals.Place(known_names(), file, shipped("emails"), defaults, found.volume_times)


@area.get("")
@needs("write", "rules")
def listing() -> Response:
    """What waits, and what was decided lately."""
    with services().sessions() as session:
        waiting, decided = proposals.pending(session), proposals.decided(session, limit=_DECIDED)
    values = {"waiting": waiting, "decided": decided, "required": services().settings.approval}
    return make_response(render_template("approvals/listing.html", name_of=_name, **values))


@area.get("/<proposal>")
@needs("write", "rules")
def page(proposal: str) -> Response:
    """One proposal."""
    return _page(_find(proposal))


@area.post("/<proposal>/approve")
@needs("write", "rules")
def approve(proposal: str) -> Response:
    """Publish it, under its author's name."""
    fields = declared(read_fields(), ("reason", "confirm_volume"))
    volume = re.sub(r"[\s\u202f,]", "", fields.get("confirm_volume", ""))
    typed = int(volume) if volume.isascii() and volume.isdigit() and len(volume) < 12 else None
    found = _find(proposal)
    try:
        approvals.approve(services().sessions, _said(found, fields), now=now(), place=place(), volume=typed)
    except Refused as refused:
        return _page(_find(proposal), refused.status, refused.complaints, fields)
    return redirect(url_for("approvals.page", proposal=found.id.hex, saved=1), 303)


@area.post("/<proposal>/refuse")
@needs("write", "rules")
def refuse(proposal: str) -> Response:
    """Refuse it, with a reason."""
    fields = declared(read_fields(), ("reason", "confirm_volume"))
    found = _find(proposal)
    try:
        approvals.refuse(services().sessions, _said(found, fields), now=now())
    except Refused as refused:
        return _page(_find(proposal), refused.status, refused.complaints, fields)
    return redirect(url_for("approvals.page", proposal=found.id.hex, saved=1), 303)


@area.post("/<proposal>/withdraw")
@needs("write", "rules")
def withdraw(proposal: str) -> Response:
    """Take one's own back."""
    press()
    found = _find(proposal)
    try:
        approvals.withdraw(services().sessions, _said(found, {}), now=now())
    except Refused as refused:
        return _page(_find(proposal), refused.status, refused.complaints, {})
    return redirect(url_for("approvals.page", proposal=found.id.hex, saved=1), 303)


def _said(found: Proposal, fields: dict[str, str]) -> Decision:
    person = me()
    name = person.account.name or person.account.email
    return Decision(found.id, str(person.id), name, fields.get("reason", "").strip(), services().keyring)


def _find(proposal: str) -> Proposal:
    if not re.fullmatch("[0-9a-f]{32}", proposal, re.ASCII):
        raise NotFound("proposal")
    with services().sessions() as session:
        found = proposals.find(session, UUID(hex=proposal))
    if found is None:
        raise NotFound("proposal")
    return found


def _name(subject: str) -> str:
    """What a proposal is about, "" for the rules."""
    if subject.startswith(approvals.SURVEY):
        return subject.removeprefix(approvals.SURVEY)
    return kind_name(subject.removeprefix(approvals.EMAIL)) if subject.startswith(approvals.EMAIL) else ""


def _page(found: Proposal, status: int = 200, complaints: Any = (), typed: Any = None) -> Response:
    changed, text = _changes(found)
    values = {
        "proposal": found,
        "mine": found.author == str(me().id),
        "changed": changed,
        "text_changes": text,
        "complaints": list(complaints),
        "typed": typed or {},
        "times": services().settings.volume_times,
        "volume": any(one.code == "rules_volume_confirm" for one in complaints),
        "saved": "saved" in request.args,
    }
    return make_response(render_template("approvals/page.html", name_of=_name, **values), status)


def _changes(found: Proposal) -> tuple[list[str], str]:
    """What it changes against the version it was made from, in words and line by line."""
    if found.subject == approvals.RULES:
        return _rules_changes(found)
    return _survey_changes(found) if found.subject.startswith(approvals.SURVEY) else _email_changes(found)


def _survey_changes(found: Proposal) -> tuple[list[str], str]:
    after = from_plain(found.body)
    with services().sessions() as session:
        start = before(session, after, found.base).survey
    said = survey_changes(start, after, language())
    return said, text_diff(survey_text(start), survey_text(after))


def _rules_changes(found: Proposal) -> tuple[list[str], str]:
    """What the text changes against the version it was made from."""
    with services().sessions() as session:
        base = rules.version(session, found.base) if found.base else None
    before = base.text if base else ""
    a, b = check_rules(before.encode())[0], check_rules(found.body["text"].encode())[0]
    return (diff_rules(a, b, language()) if a and b else []), text_diff(before, found.body["text"])


def _email_changes(found: Proposal) -> tuple[list[str], str]:
    with services().sessions() as session:
        base = start_of(session, shipped("emails"), found.subject.removeprefix(approvals.EMAIL), found.base)
    parts = found.body["parts"]
    return changes(base.sources, parts, language()), text_changes(base.sources, parts)
