"""A draft of the rules as forms and as a text: two views of one thing, both kept whatever is wrong with them."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from surveyor.core.rules.keys import GLOBAL_KEYS, RULE_TABLE_KEYS
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import edit_rules
from surveyor.flows.edit_rules import document
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.rules.draft import author, mine, values_of
from surveyor.web.rules.fields import global_fields, sections
from surveyor.web.rules.known import known_names
from surveyor.web.security.gate import needs

TEXT_BYTES = 1024 * 1024 + 64 * 1024
#: Names of the form that are no keys of a rule.
CONTROL = frozenset({"csrf_token", "lang"})


def register(area: Blueprint) -> None:
    """Add these pages to those of rules."""
    write = needs("write", "rules")
    area.get("/draft/rule/<place>")(write(rule_form))
    area.post("/draft/rule/<place>")(write(save_rule))
    area.post("/draft/rule/<place>/remove")(write(remove_rule))
    area.post("/draft/rule")(write(add_rule))
    area.get("/draft/global")(write(global_form))
    area.post("/draft/global")(write(save_global))
    area.get("/draft/text")(write(text))
    area.post("/draft/text")(write(save_text))


def rule_form(place: str) -> Response:
    """One rule as a form."""
    return _rule_page(_place(place))


def _rule_page(place: int) -> Response:
    values = values_of(mine())
    if place >= len(values["tables"]):
        raise NotFound("rule")
    table = values["tables"][place][1]
    found = [one for one in values["problems"] if one.rule in (str(table.get("id")), f"rule[{place + 1}]")]
    shown = sections(table, found, known_names())
    held = {field.name for _, fields in shown for field in fields}
    others = [one for one in found if one.key not in held]
    return make_response(
        render_template("rules/rule.html", **values, place=place, table=table, sections=shown, others=others)
    )


def save_rule(place: str) -> Response:
    """Keep what was typed of a rule; the check says what is wrong with it."""
    number, typed = _place(place), _typed(RULE_TABLE_KEYS)
    _change(lambda text: document.change_rule(text, number, typed))
    return redirect(url_for("rules.rule_form", place=number, saved=1), 303)


def _place(text: str) -> int:
    """The place of a rule in its text, from an address."""
    if not re.fullmatch("[0-9]{1,3}", text, re.ASCII):
        raise NotFound("rule")
    return int(text)


def _typed(keys: Any) -> dict[str, document.Typed]:
    """The keys that the form held; a list that has no box ticked comes as its empty marker alone."""
    typed: dict[str, Any] = {}
    for name, value in read_fields():
        if name in CONTROL:
            continue
        if name not in keys:
            declared([(name, value)])
        if keys[name].type == "days":
            typed.setdefault(name, [])
            typed[name] += [value] if value else []
        else:
            typed[name] = value
    return typed


def _change(change: Any) -> None:
    try:
        edit_rules.change_draft(services().sessions, author(), change, now=now())
    except IndexError:
        raise NotFound("rule") from None
    except document.Unreadable:
        raise Refused([_unreadable()], status=422) from None


def _unreadable() -> Complaint:
    fr = "Ce texte n'est pas du TOML : corrigez-le d'abord dans la vue texte."
    en = "This text is no TOML: mend it first in the text view."
    return Complaint("text", "syntax", fr, en)


def add_rule() -> Response:
    """One more rule, inactive, at the end."""
    press()
    _change(lambda text: document.add_rule(text, document.free_id(text)))
    return redirect(url_for("rules.rule_form", place=len(document.rules_of(mine().text)) - 1), 303)


def remove_rule(place: str) -> Response:
    """The draft without this rule."""
    press()
    number = _place(place)
    _change(lambda text: document.remove_rule(text, number))
    return redirect(url_for("rules.page"), 303)


def global_form() -> Response:
    """What holds above every rule, as a form."""
    values = values_of(mine())
    if not values["readable"]:
        raise Refused([_unreadable()], status=422)
    table = dict(document.read(values["draft"].text).unwrap().get("global", {}))
    found = [one for one in values["problems"] if one.where.startswith("global.")]
    return make_response(render_template("rules/global.html", **values, fields=global_fields(table, found)))


def save_global() -> Response:
    """Keep what was typed above every rule."""
    typed = _typed(GLOBAL_KEYS)
    _change(lambda text: document.change_global(text, typed))
    return redirect(url_for("rules.global_form", saved=1), 303)


def text() -> Response:
    """The draft as text, its problems at their lines."""
    return make_response(render_template("rules/text.html", **values_of(mine())))


def save_text() -> Response:
    """Keep the text as it was typed."""
    fields = declared(read_fields(limit=TEXT_BYTES, too_large="too_big"), ("text",))
    edit_rules.save_text(services().sessions, author(), fields.get("text", ""), now=now())
    return redirect(url_for("rules.text", saved=1), 303)
