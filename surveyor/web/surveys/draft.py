"""Pages of a draft of a survey: its questions in order, what the check says, and its publication."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from surveyor.core.rules import text_diff
from surveyor.core.surveys import Words
from surveyor.core.surveys.compared import as_text, changes
from surveyor.db.survey_versions import Draft, Version
from surveyor.errors import Refused
from surveyor.flows import edit_surveys
from surveyor.flows.approvals import propose_survey
from surveyor.flows.edit_surveys import Wanted
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me
from surveyor.web.surveys.routes import frame, listing_page, number_of, spoken_of

NEW_FIELDS = ("id", "name_fr", "name_en", "copy")


def register(area: Blueprint) -> None:
    """Add the pages of drafts to those of surveys."""
    write = needs("write", "surveys")
    area.post("")(write(create))
    area.post("/<survey>/draft")(write(begin))
    area.get("/<survey>/draft")(write(draft_page))
    area.get("/<survey>/draft/html")(write(draft_frame))
    area.get("/<survey>/draft/publish")(write(publish_form))
    area.post("/<survey>/draft/publish")(write(publish))
    area.post("/<survey>/draft/carry-over")(write(carry_over))
    area.post("/<survey>/draft/discard")(write(discard))


def author() -> str:
    """Drafts are told apart by their author's id."""
    return str(me().id)


def mine(survey: str) -> tuple[Draft, Version]:
    """This person's draft of a survey, and the version in force."""
    with services().sessions() as session:
        found = edit_surveys.find(session, author(), survey)
        return found, edit_surveys.before(session, found.survey)


def values_of(draft: Draft, active: Version) -> dict[str, Any]:
    """What every page of a draft shows."""
    with services().sessions() as session:
        ever = edit_surveys.asked(session)
    return {
        "draft": draft,
        "active": active,
        "findings": edit_surveys.complaints(draft.survey, active.survey if active.number else None, ever),
        "stale": draft.base != active.number,
        "changed": changes(active.survey, draft.survey, language()),
        "spoken": spoken_of(),
    }


def create() -> AnyResponse:
    """A draft of a new survey, copied from another."""
    fields = declared(read_fields(), NEW_FIELDS)
    given = {name: fields.get(name, "").strip() for name in NEW_FIELDS}
    new = edit_surveys.New(given["id"], Words(given["name_fr"], given["name_en"]), given["copy"])
    try:
        edit_surveys.create_draft(services().sessions, author(), new, now=now())
    except Refused as refused:
        return listing_page(refused.status, refused.complaints, fields)
    return redirect(url_for("surveys.draft_page", survey=new.id), 303)


def begin(survey: str) -> AnyResponse:
    """A draft of the version in force, or of `version`; the one there is goes on without it."""
    number = declared(read_fields(), ("version",)).get("version", "")
    wanted = number_of(number) if number else None
    edit_surveys.open_draft(services().sessions, author(), survey, now=now(), number=wanted)
    return redirect(url_for("surveys.draft_page", survey=survey), 303)


def draft_page(survey: str) -> AnyResponse:
    """The questions of the draft in order, beside the page that a customer would see."""
    return make_response(render_template("surveys/draft.html", **values_of(*mine(survey))))


def draft_frame(survey: str) -> Response:
    """The draft as a customer would see it."""
    return frame(mine(survey)[0].survey)


def publish_form(survey: str) -> AnyResponse:
    """The last look before a version."""
    return _publish_page(survey)


def _publish_page(survey: str, status: int = 200, complaints: Any = (), typed: Any = None) -> AnyResponse:
    draft, active = mine(survey)
    values = values_of(draft, active)
    theirs: list[str] = []
    if values["stale"]:
        with services().sessions() as session:
            base = edit_surveys.before(session, draft.survey, draft.base)
        theirs = changes(base.survey, active.survey, language())
    values |= {
        "complaints": list(complaints),
        "typed": typed or {},
        "theirs": theirs,
        "approval": services().settings.approval,
        "text_changes": text_diff(as_text(active.survey), as_text(draft.survey)),
    }
    return make_response(render_template("surveys/publish.html", **values), status)


def publish(survey: str) -> AnyResponse:
    """Publish, or propose; what stands in the way is said on the same page."""
    fields = declared(read_fields(), ("reason",))
    person = me().account
    wanted = Wanted(author(), person.name or person.email, fields.get("reason", ""))
    try:
        if services().settings.approval:
            made = propose_survey(services().sessions, wanted, survey, now=now(), keys=services().keyring)
            return redirect(url_for("approvals.page", proposal=made.id.hex), 303)
        edit_surveys.publish_draft(services().sessions, wanted, survey, now=now())
    except Refused as refused:
        return _publish_page(survey, refused.status, refused.complaints, fields)
    return redirect(url_for("surveys.page", survey=survey, saved=1), 303)


def carry_over(survey: str) -> AnyResponse:
    """Go on from the version in force, having seen what it changed."""
    press()
    edit_surveys.carry_over(services().sessions, author(), survey, now=now())
    return redirect(url_for("surveys.publish_form", survey=survey), 303)


def discard(survey: str) -> AnyResponse:
    """Forget the draft."""
    press()
    new = mine(survey)[1].number == edit_surveys.NOTHING
    edit_surveys.discard_draft(services().sessions, author(), survey)
    return redirect(url_for("surveys.listing") if new else url_for("surveys.page", survey=survey), 303)
