"""Pages of a draft of an email: its words and how they look, what the checks say, a test, and its publication."""

from __future__ import annotations

import os
import re
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.templates import fields as fields_of
from surveyor.core.templates.compared import changes, text_changes
from surveyor.core.templates.frame import framed, reframed
from surveyor.db.email_drafts import Draft
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import edit_emails
from surveyor.flows.approvals import propose_email
from surveyor.flows.edit_emails import Standing, before, find
from surveyor.flows.publish_emails import Wanted, publish_email
from surveyor.flows.send_trial import send_trial
from surveyor.mail.published import LANGUAGES
from surveyor.mail.trial import Trial, trial_of
from surveyor.web.emails.routes import common, listing_page, number_of, seen
from surveyor.web.emails.shown import folder, looked, of_check, samples
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language as spoken
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

#: Three parts of 64 KiB, as a browser writes them.
FORM_BYTES = 768 * 1024
_LINE = re.compile(r"body\.mjml:(\d+)")


def register(area: Blueprint) -> None:
    """Add the pages of drafts to those of emails."""
    write = needs("write", "emails")
    area.post("")(write(create))
    area.post("/<kind>/draft")(write(begin))
    area.get("/<kind>/draft")(write(draft_page))
    area.post("/<kind>/draft/text/<language>")(write(save))
    area.post("/<kind>/draft/test")(write(test))
    area.get("/<kind>/draft/publish")(write(publish_form))
    area.post("/<kind>/draft/publish")(write(publish))
    area.post("/<kind>/draft/carry-over")(write(carry_over))
    area.post("/<kind>/draft/discard")(write(discard))


def _author() -> str:
    """Drafts are told apart by their author's id."""
    return str(me().id)


def _mine(kind: str) -> tuple[Draft, Standing]:
    """This person's draft of a kind, and the version in force."""
    with services().sessions() as session:
        return find(session, _author(), kind), before(session, folder(), kind)


def create() -> Response:
    """A draft of a new invitation, copied from another."""
    fields = declared(read_fields(), ("variant", "copy"))
    variant, copy = fields.get("variant", "").strip(), fields.get("copy", "")
    try:
        made = edit_emails.create_draft(services().sessions, _author(), variant, copy=copy, folder=folder(), now=now())
    except Refused as refused:
        return listing_page(refused.status, refused.complaints, fields)
    return redirect(url_for("emails.draft_page", kind=made.kind), 303)


def begin(kind: str) -> Response:
    """A draft of the version in force, or of `version`; the one there is goes on without it."""
    number = declared(read_fields(), ("version",)).get("version", "")
    wanted = number_of(number) if number else None
    edit_emails.open_draft(services().sessions, _author(), kind, folder=folder(), now=now(), number=wanted)
    return redirect(url_for("emails.draft_page", kind=kind), 303)


def draft_page(kind: str) -> Response:
    """The words of one language beside what they become."""
    return _draft_page(kind)


def _draft_page(kind: str, status: int = 200, complaints: Any = ()) -> Response:
    draft, active = _mine(kind)
    asked = looked(kind)
    parts = draft.parts[asked.language]
    body = "body.mjml" if "body.mjml" in parts else "body.html"
    values = {
        **_values(draft, active),
        "asked": asked,
        "parts": parts,
        "blocks": framed(parts[body]),
        "fields": fields_of(kind),
        "complaints": list(complaints),
        "tested": request.args.get("tested") == "1",
        **seen(asked, kind, of_check(kind, draft.checked, asked.language)),
    }
    return make_response(render_template("emails/draft.html", kind=kind, **values, **common()), status)


def _values(draft: Draft, active: Standing) -> dict[str, Any]:
    """What every page of a draft shows."""
    looked_at = draft.looked_at or {"findings": []}
    return {
        "draft": draft,
        "active": active,
        "findings": [_in_blocks(Complaint(*one), draft) for one in looked_at["findings"]],
        "stale": draft.base != active.number,
        "changed": changes(active.sources, draft.parts, spoken()),
    }


def _in_blocks(one: Complaint, draft: Draft) -> Complaint:
    """The same complaint, its line counted from the first that its author can edit."""
    language = one.where.partition("/")[0]
    found = _LINE.search(one.where)
    before = framed(draft.parts.get(language, {}).get("body.mjml", "")).line
    if found is None or int(found[1]) <= before:
        return one
    old, new = found[0], f"body.mjml:{int(found[1]) - before}"
    where, french, english = (text.replace(old, new) for text in (one.where, one.message_fr, one.message_en))
    return Complaint(where, one.code, french, english)


def save(kind: str, language: str) -> Response:
    """Keep what was typed in one language, and check it."""
    if language not in LANGUAGES:
        raise NotFound("email")
    fields = declared(read_fields(limit=FORM_BYTES), ("subject", "text", "blocks"))
    draft, _ = _mine(kind)
    parts = draft.parts[language]
    body = "body.mjml" if "body.mjml" in parts else "body.html"
    typed = {name: text.replace("\r\n", "\n") for name, text in fields.items()}
    changed = {}
    if "subject" in typed:
        changed["subject.txt"] = typed["subject"].rstrip("\n") + "\n"
    if "text" in typed:
        changed["body.txt"] = typed["text"].rstrip("\n") + "\n"
    if "blocks" in typed:
        changed[body] = reframed(parts[body], typed["blocks"])
    edit_emails.save_texts(services().sessions, _author(), kind, {language: changed}, folder=folder(), now=now())
    back: dict[str, Any] = looked(kind).args(language=language)
    return redirect(url_for("emails.draft_page", kind=kind, **back), 303)


def test(kind: str) -> Response:
    """One email of the draft to one's own address, through the provider in force."""
    fields = declared(read_fields(), ("language", "case"))
    draft, _ = _mine(kind)
    language = fields.get("language", "")
    template = of_check(kind, draft.checked, language) if language in LANGUAGES else None
    if template is None:
        return _draft_page(kind, 422, [_not_compiled()])
    values = samples(kind, language)
    sample = values.get(fields.get("case", ""), values["sample"])
    here, person = services(), me().account
    found = here.settings
    trial = Trial(found.sender, found.base_url, here.keyring, UUID(bytes=os.urandom(16), version=4), now())
    try:
        send_trial(
            here.sessions,
            here.provider,
            lambda: trial_of(template, sample, person.email, trial=trial),
            actor=_author(),
            what=f"{kind}/{language}",
            now=now(),
        )
    except Refused as refused:
        return _draft_page(kind, refused.status, refused.complaints)
    return redirect(url_for("emails.draft_page", kind=kind, language=language, case=fields.get("case"), tested=1), 303)


def _not_compiled() -> Complaint:
    fr = "Ce texte n'est pas encore lisible : corrigez-le avant de l'essayer."
    return Complaint("test", "email_test_unreadable", fr, "This text cannot be read yet: mend it before you test it.")


def publish_form(kind: str) -> Response:
    """The last look before a version."""
    return _publish_page(kind)


def _publish_page(kind: str, status: int = 200, complaints: Any = (), typed: Any = None) -> Response:
    draft, active = _mine(kind)
    values = _values(draft, active)
    theirs: list[str] = []
    if values["stale"]:
        with services().sessions() as session:
            base = before(session, folder(), kind, draft.base)
        theirs = changes(base.sources, active.sources, spoken())
    values |= {
        "complaints": list(complaints),
        "typed": typed or {},
        "approval": services().settings.approval,
        "theirs": theirs,
        "text_changes": text_changes(active.sources, draft.parts),
    }
    return make_response(render_template("emails/publish.html", kind=kind, **values, **common()), status)


def publish(kind: str) -> Response:
    """Publish; what stands in the way is said on the same page."""
    fields = declared(read_fields(), ("reason",))
    person = me().account
    wanted = Wanted(_author(), kind, person.name or person.email, fields.get("reason", ""))
    try:
        if services().settings.approval:
            made = propose_email(services().sessions, wanted, folder=folder(), now=now(), keys=services().keyring)
            return redirect(url_for("approvals.page", proposal=made.id.hex), 303)
        publish_email(services().sessions, wanted, folder=folder(), now=now())
    except Refused as refused:
        return _publish_page(kind, refused.status, refused.complaints, fields)
    return redirect(url_for("emails.page", kind=kind, saved=1), 303)


def carry_over(kind: str) -> Response:
    """Go on from the version in force, having seen what it changed."""
    press()
    edit_emails.carry_over(services().sessions, _author(), kind, folder=folder(), now=now())
    return redirect(url_for("emails.publish_form", kind=kind), 303)


def discard(kind: str) -> Response:
    """Forget the draft."""
    press()
    edit_emails.discard_draft(services().sessions, _author(), kind)
    return redirect(url_for("emails.listing"), 303)
