"""What is done to a case from its page: each form is one flow, then the page again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, url_for
from werkzeug.wrappers import Response

from surveyor.core.cases import Status
from surveyor.db import reviews, verbatims
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import work_case
from surveyor.flows.open_cases import open_by_person
from surveyor.flows.open_review_cases import open_review_case
from surveyor.flows.reply_to_response import Written, reply_to_response
from surveyor.flows.sort_verbatims import in_force
from surveyor.flows.work_case import OTHER, Ending, Worker
from surveyor.web.forms import press
from surveyor.web.here import now, services
from surveyor.web.inbox import found as inbox
from surveyor.web.inbox.forms import EndingForm, NoteForm, OwnerForm, ReplyForm, StatusForm
from surveyor.web.inbox.routes import case_page
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("case_acts", __name__, url_prefix="/cases")


@area.post("/<case_id>/reply")
@needs("write", "cases", find=inbox.find)
def reply(case_id: str) -> Response:
    """Send a reply, once however often the form is sent."""
    form = ReplyForm.posted()
    typed = {"reply": form.reply.data or "", "public": form.public.data or "", "asks": form.asks.data or ""}
    complaints = form.complaints()
    if complaints:
        return case_page(g.found, 422, complaints, typed)

    def act(case: UUID) -> None:
        written = Written(_entry(form.id.data), typed["reply"], typed["public"] == "1", typed["asks"] == "1")
        sender = services()
        reply_to_response(sender.sessions, case, written, by=worker(), keys=sender.keyring, now=now())

    return _done(act, "reply", typed)


@area.post("/<case_id>/note")
@needs("write", "cases", find=inbox.find)
def note(case_id: str) -> Response:
    """Keep a note for the colleagues."""
    form = NoteForm.posted()
    typed = {"note": form.note.data or ""}
    complaints = form.complaints()
    if complaints:
        return case_page(g.found, 422, complaints, typed)
    entry = _entry(form.id.data)
    return _done(
        lambda case: work_case.note(services().sessions, case, typed["note"], by=worker(), entry_id=entry, now=now()),
        "note",
        typed,
    )


@area.post("/<case_id>/status")
@needs("write", "cases", find=inbox.find)
def status(case_id: str) -> Response:
    """Move a case."""
    form = StatusForm.posted()
    complaints = form.complaints()
    if complaints:
        return case_page(g.found, 422, complaints)
    then = Status(form.status.data)
    return _done(lambda case: work_case.move(services().sessions, case, then, by=worker(), now=now()), "moved")


@area.post("/<case_id>/owner")
@needs("write", "cases", find=inbox.find)
def owner(case_id: str) -> Response:
    """Give a case to somebody who may work on it."""
    form = OwnerForm.posted()
    complaints = form.complaints()
    chosen = form.owner.data or ""
    if not complaints and chosen and chosen not in [key for key, _ in inbox.owners(g.found)]:
        fr, en = "Cette personne ne peut pas suivre ce dossier.", "This person cannot work on this case."
        complaints = [Complaint("owner", "case_owner_unknown", fr, en)]
    if complaints:
        return case_page(g.found, 422, complaints)
    whose = UUID(hex=chosen) if chosen else None
    return _done(lambda case: work_case.assign(services().sessions, case, whose, by=worker(), now=now()), "owner")


@area.post("/<case_id>/close")
@needs("write", "cases", find=inbox.find)
def close(case_id: str) -> Response:
    """Close a case with its cause and what was done."""
    form = EndingForm.posted()
    typed = {"root_cause": form.root_cause.data or "", "action": form.action.data or ""}
    complaints = form.complaints()
    if not complaints and typed["root_cause"] not in _causes():
        fr, en = "Choisissez une cause de la liste.", "Choose a cause of the list."
        complaints = [Complaint("root_cause", "case_cause_unknown", fr, en)]
    if complaints:
        return case_page(g.found, 422, complaints, typed)
    ending = Ending(**typed)
    return _done(lambda case: work_case.close(services().sessions, case, ending, by=worker(), now=now()), "closed")


@area.post("/<case_id>/read")
@needs("write", "cases", find=inbox.find)
def read(case_id: str) -> Response:
    """What the customer wrote was read."""
    press()
    return _done(lambda case: work_case.seen(services().sessions, case), "read")


@area.post("/open/<response_id>")
@needs("write", "cases")
def open_one(response_id: str) -> Response:
    """The case of a response, opened when it has none."""
    press()
    ident = inbox.identifier(response_id, "response")
    with services().sessions() as session:
        if not verbatims.is_inside(session, me().reach, ident):
            raise NotFound("response")
    case = open_by_person(services().sessions, ident, by=worker().name, now=now())
    return redirect(url_for("inbox.page", case_id=case.hex), 303)


@area.post("/of-review/<elsewhere>")
@needs("write", "cases")
def of_review(elsewhere: str) -> Response:
    """The case of a review from elsewhere, opened when it has none."""
    press()
    ident = inbox.identifier(elsewhere, "review")
    with services().sessions() as session:
        if reviews.one(session, me().reach, ident) is None:
            raise NotFound("review")
    case = open_review_case(services().sessions, ident, by=worker().name, now=now())
    return redirect(url_for("inbox.page", case_id=case.hex), 303)


def worker() -> Worker:
    """The person of this request."""
    return Worker(me().id)


def _done(act: Callable[[UUID], Any], said: str, typed: dict[str, str] | None = None) -> Response:
    case: UUID = g.found.case.id
    try:
        act(case)
    except Refused as refused:
        return case_page(g.found, refused.status, refused.complaints, typed)
    return redirect(url_for("inbox.page", case_id=case.hex, saved=said), 303)


def _entry(text: str | None) -> UUID:
    return inbox.identifier(text or "", "form")


def _causes() -> set[str]:
    with services().sessions() as session:
        return {OTHER, *(one.id for one in in_force(session).lexicon.labels)}
