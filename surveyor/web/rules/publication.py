"""The publication of a draft of the rules: the last look before a version, and what stands in its way."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveyor.core.rules import check_rules, diff_rules, text_diff
from surveyor.db import rules
from surveyor.db.proposals import Proposal
from surveyor.db.rule_drafts import Draft
from surveyor.errors import Refused
from surveyor.flows import edit_rules
from surveyor.web.forms import declared, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.rules.draft import author, mine, values_of
from surveyor.web.rules.known import known_names
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me


def register(area: Blueprint) -> None:
    """Add these pages to those of rules."""
    write = needs("write", "rules")
    area.get("/draft/publish")(write(publish_form))
    area.post("/draft/publish")(write(publish))


def publish_form() -> Response:
    """The last look before a version."""
    return _publish_page(mine())


def _publish_page(draft: Draft, status: int = 200, complaints: Any = (), typed: Any = None) -> Response:
    values = values_of(draft)
    active: rules.Version | None = values["active"]
    theirs = _theirs(draft, active)
    before = active.text if active else ""
    values |= {
        "complaints": list(complaints),
        "typed": typed or {},
        "theirs": theirs,
        "approval": services().settings.approval,
        "times": services().settings.volume_times,
        "text_changes": text_diff(before, draft.text),
        "volume": next((one for one in complaints if one.code == "rules_volume_confirm"), None),
    }
    return make_response(render_template("rules/publish.html", **values), status)


def _theirs(draft: Draft, active: rules.Version | None) -> list[str]:
    """What somebody else published since this draft was begun, in words."""
    if active is None or draft.base is None or draft.base == active.number:
        return []
    with services().read_sessions() as session:
        base = rules.version(session, draft.base)
    before = check_rules(base.text.encode())[0] if base else None
    after = check_rules(active.text.encode())[0]
    return diff_rules(before, after, language()) if before and after else []


def publish() -> Response:
    """Publish; what stands in the way is said on the same page."""
    fields = declared(read_fields(), ("reason", "confirm_volume", "accept_warnings"))
    here, person = services(), me()
    volume = fields.get("confirm_volume", "").replace("\u202f", "").replace(" ", "").replace(",", "")
    confirmed = edit_rules.Confirmed(
        author=author(),
        why=fields.get("reason", ""),
        name=person.account.name or person.account.email,
        accept_warnings=fields.get("accept_warnings") == "1",
        propose=here.settings.approval,
        times=here.settings.volume_times,
        keys=here.keyring,
        volume=int(volume) if volume.isascii() and volume.isdigit() and len(volume) < 12 else None,
    )
    home = here.settings.home
    try:
        done = edit_rules.publish_draft(
            here.sessions,
            confirmed,
            now=now(),
            defaults=edit_rules.Defaults(here.settings.time_zone, here.settings.language),
            known=known_names(),
            file=home / "rules.toml" if home.is_dir() else None,
        )
    except Refused as refused:
        return _publish_page(mine(), refused.status, refused.complaints, fields)
    if isinstance(done, Proposal):
        return redirect(url_for("approvals.page", proposal=done.id.hex), 303)
    return redirect(url_for("rules.active", saved=1), 303)
