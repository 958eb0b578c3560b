"""Pages of rules: what is in force said in words, its text for those who may read it, and every version before."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.rules import RuleSet, check_rules, diff_rules, in_words, text_diff
from surveyor.db import proposals, rule_drafts, rules
from surveyor.errors import NotFound
from surveyor.web.here import services
from surveyor.web.language import language
from surveyor.web.rules import draft, form, publication, what_if
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

area = Blueprint("rules", __name__, url_prefix="/rules")
for pages in (draft, form, what_if, publication):
    pages.register(area)


@area.get("")
@needs("read", "rules")
def active() -> Response:
    with services().read_sessions() as session:
        current = rules.active(session)
        version = None if current is None else rules.version(session, current[0])
        history = rules.versions(session)
    return _page(version, history)


@area.get("/<number>")
@needs("read", "rules")
def version(number: str) -> Response:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number, re.ASCII):
        raise NotFound("rules")
    with services().read_sessions() as session:
        found = rules.version(session, int(number))
        history = rules.versions(session)
    if found is None:
        raise NotFound("rules")
    return _page(found, history)


@area.get("/compare/<one>/<other>")
@needs("read", "rules")
def compare(one: str, other: str) -> Response:
    """What changed from one version to another, in words and in the text for those who may read it."""
    if not all(re.fullmatch(r"[1-9][0-9]{0,8}", number, re.ASCII) for number in (one, other)):
        raise NotFound("rules")
    with services().read_sessions() as session:
        a, b = (rules.version(session, int(number)) for number in (one, other))
    if a is None or b is None:
        raise NotFound("rules")
    before, after = read_text(a.text), read_text(b.text)
    changed = diff_rules(before, after, language()) if before and after else []
    whole = me().may("read", "rules").limit != "words"
    values = {"a": a, "b": b, "changed": changed, "text": text_diff(a.text, b.text) if whole else ""}
    return make_response(render_template("rules/compare.html", **values))


def _page(shown: rules.Version | None, history: list[rules.Version]) -> Response:
    read = read_text(shown.text) if shown else None
    base = next((one for one in history if shown and one.number == shown.base), None)
    before = read_text(base.text) if base else None
    values: dict[str, Any] = {
        "version": shown,
        "history": history,
        "draft": _draft(),
        "proposed": _proposed(),
        "by_hand": bool(me().may("write", "rules")) and draft.by_hand() is not None,
        "saved": "saved" in request.args,
        "no_draft": "no_draft" in request.args,
        "current": shown is not None and bool(history) and shown.number == max(one.number for one in history),
        "sentences": [(rule, in_words(rule, language())) for rule in read.rules] if read else [],
        "stop_all": read.globals.stop_all if read else False,
        "changed": diff_rules(before, read, language()) if before and read else [],
        "text": shown.text if shown and me().may("read", "rules").limit != "words" else "",
    }
    return make_response(render_template("rules/page.html", **values))


def _proposed() -> int:
    """How many texts of rules wait for a second person, for those who may be that person."""
    if not me().may("write", "rules"):
        return 0
    with services().sessions() as session:
        return len(proposals.pending(session, "rules"))


def _draft() -> rule_drafts.Draft | None:
    """The draft that this person works on, if they may and do."""
    if not me().may("write", "rules"):
        return None
    with services().sessions() as session:
        return rule_drafts.find(session, str(me().id))


def read_text(text: str) -> RuleSet | None:
    """The rules of a version; None when it can no longer be read."""
    return check_rules(text.encode())[0]
