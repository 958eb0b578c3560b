"""The draft of the rules that its author works on: opened, shown in words, carried over, forgotten."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveyor.core.rules import RuleSet, check_rules, diff_rules, in_words
from surveyor.db import rule_drafts, rules
from surveyor.db.rule_drafts import Draft
from surveyor.flows import edit_rules
from surveyor.flows.edit_rules import NoDraft, document
from surveyor.flows.publish_rules import RULES_FILE, edited_by_hand
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.rules.known import known_names
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me


def register(area: Blueprint) -> None:
    """Add these pages to those of rules."""
    write = needs("write", "rules")
    area.post("/draft")(write(begin))
    area.get("/draft")(write(page))
    area.post("/draft/discard")(write(discard))
    area.post("/draft/carry-over")(write(carry_over))
    area.errorhandler(NoDraft)(gone)


def gone(_error: NoDraft) -> Response:
    """Back to what is in force: the draft was published or forgotten, maybe in another window."""
    return redirect(url_for("rules.active", no_draft=1), 303)


def author() -> str:
    """The id of who is signed in: drafts are told apart by it."""
    return str(me().id)


def mine() -> Draft:
    """The draft of who is signed in. Raises NoDraft."""
    with services().sessions() as session:
        found = rule_drafts.find(session, author())
    if found is None:
        raise NoDraft
    return found


def _active() -> rules.Version | None:
    with services().read_sessions() as session:
        current = rules.active(session)
        return None if current is None else rules.version(session, current[0])


def values_of(draft: Draft) -> dict[str, Any]:
    """What every page of a draft shows: its rules, its problems, what changed against the version in force."""
    found, problems = check_rules(draft.text.encode(), known=known_names())
    active = _active()
    base = None if active is None else check_rules(active.text.encode())[0]
    try:
        tables, readable = document.rules_of(draft.text), True
    except document.Unreadable:
        tables, readable = [], False
    return {
        "draft": draft,
        "active": active,
        "found": found,
        "problems": problems,
        "errors": [one for one in problems if one.level == "error"],
        "warnings": [one for one in problems if one.level == "warning"],
        "tables": [(n, table, _sentence(found, n)) for n, table in enumerate(tables)],
        "readable": readable,
        "changed": diff_rules(base, found, language()) if base and found else [],
        "same": active is not None and active.text == draft.text,
        "stale": (active.number if active else None) != draft.base,
        "measured": draft.is_measured(active.number if active else None),
    }


def _sentence(found: RuleSet | None, place: int) -> str:
    return in_words(found.rules[place], language()) if found is not None and place < len(found.rules) else ""


def by_hand() -> str | None:
    """What a person wrote into rules.toml and nobody published."""
    here = services()
    with here.sessions() as session:
        return edited_by_hand(session, here.settings.home / RULES_FILE)


def begin() -> Response:
    """A draft of the active version, or of `version`; the one there is goes on without it. `file`: of rules.toml as a
    person left it."""
    fields = declared(read_fields(), ("version", "file"))
    number = fields.get("version", "")
    known = number.isascii() and number.isdigit() and len(number) < 12
    here = services()
    edit_rules.open_draft(here.sessions, author(), now=now(), number=int(number) if known else None)
    if fields.get("file") == "1" and (text := by_hand()) is not None:
        edit_rules.save_text(here.sessions, author(), text, now=now())
    return redirect(url_for("rules.page"), 303)


def page() -> Response:
    """The draft in words, with what is wrong and what changed."""
    return make_response(render_template("rules/draft.html", **values_of(mine())))


def discard() -> Response:
    """Forget the draft."""
    press()
    edit_rules.discard_draft(services().sessions, author())
    return redirect(url_for("rules.active"), 303)


def carry_over() -> Response:
    """Go on from the version in force, having seen what it changed."""
    press()
    edit_rules.carry_over(services().sessions, author(), now=now())
    return redirect(url_for("rules.page"), 303)
