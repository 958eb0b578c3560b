"""Pages of a draft of the rules: a form and a text of one thing, what it would have done, and its publication."""

from __future__ import annotations

import re
import threading
from typing import Any

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyor.core.rules import RuleSet, check_rules, diff_rules, in_words, text_diff
from surveyor.core.rules.keys import GLOBAL_KEYS, RULE_TABLE_KEYS
from surveyor.core.scope import NETWORK
from surveyor.db import rule_drafts, rules, stores
from surveyor.db.rule_drafts import Draft
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows import edit_rules
from surveyor.flows.edit_rules import document
from surveyor.services import Services
from surveyor.web.forms import declared, press, read_fields
from surveyor.web.here import now, services
from surveyor.web.language import language
from surveyor.web.rules.fields import global_fields, sections
from surveyor.web.rules.known import known_names
from surveyor.web.security.gate import needs
from surveyor.web.security.people import me

log = structlog.get_logger("surveyor.rules")

TEXT_BYTES = 1024 * 1024 + 64 * 1024
#: Names of the form that are no keys of a rule.
CONTROL = frozenset({"csrf_token", "lang"})


def register(area: Blueprint) -> None:
    """Add the pages of drafts to those of rules."""
    write = needs("write", "rules")
    area.post("/draft")(write(begin))
    area.get("/draft")(write(page))
    area.get("/draft/rule/<place>")(write(rule_form))
    area.post("/draft/rule/<place>")(write(save_rule))
    area.post("/draft/rule/<place>/remove")(write(remove_rule))
    area.post("/draft/rule")(write(add_rule))
    area.get("/draft/global")(write(global_form))
    area.post("/draft/global")(write(save_global))
    area.get("/draft/text")(write(text))
    area.post("/draft/text")(write(save_text))
    area.post("/draft/discard")(write(discard))
    area.post("/draft/measure")(write(measure))
    area.get("/draft/what-if")(write(what_if))
    area.get("/draft/publish")(write(publish_form))
    area.post("/draft/publish")(write(publish))
    area.post("/draft/carry-over")(write(carry_over))


def _author() -> str:
    """Drafts are told apart by their author's id."""
    return str(me().id)


def _mine() -> Draft:
    with services().sessions() as session:
        found = rule_drafts.find(session, _author())
    if found is None:
        raise NotFound("draft")
    return found


def _active() -> rules.Version | None:
    with services().read_sessions() as session:
        current = rules.active(session)
        return None if current is None else rules.version(session, current[0])


def _values(draft: Draft) -> dict[str, Any]:
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


def begin() -> Response:
    """A draft of the active version, or of `version`; the one there is goes on without it."""
    number = declared(read_fields(), ("version",)).get("version", "")
    known = number.isascii() and number.isdigit() and len(number) < 12
    edit_rules.open_draft(services().sessions, _author(), now=now(), number=int(number) if known else None)
    return redirect(url_for("rules.page"), 303)


def page() -> Response:
    """The draft in words, with what is wrong and what changed."""
    return make_response(render_template("rules/draft.html", **_values(_mine())))


def rule_form(place: str) -> Response:
    """One rule as a form."""
    return _rule_page(_place(place))


def _rule_page(place: int) -> Response:
    values = _values(_mine())
    if place >= len(values["tables"]):
        raise NotFound("rule")
    table = values["tables"][place][1]
    mine = [one for one in values["problems"] if one.rule in (str(table.get("id")), f"rule[{place + 1}]")]
    shown = sections(table, mine)
    held = {field.name for _, fields in shown for field in fields}
    others = [one for one in mine if one.key not in held]
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
        edit_rules.change_draft(services().sessions, _author(), change, now=now())
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
    return redirect(url_for("rules.rule_form", place=len(document.rules_of(_mine().text)) - 1), 303)


def remove_rule(place: str) -> Response:
    """The draft without this rule."""
    press()
    number = _place(place)
    _change(lambda text: document.remove_rule(text, number))
    return redirect(url_for("rules.page"), 303)


def global_form() -> Response:
    """What holds above every rule, as a form."""
    values = _values(_mine())
    if not values["readable"]:
        raise Refused([_unreadable()], status=422)
    table = dict(document.read(values["draft"].text).unwrap().get("global", {}))
    mine = [one for one in values["problems"] if one.where.startswith("global.")]
    return make_response(render_template("rules/global.html", **values, fields=global_fields(table, mine)))


def save_global() -> Response:
    """Keep what was typed above every rule."""
    typed = _typed(GLOBAL_KEYS)
    _change(lambda text: document.change_global(text, typed))
    return redirect(url_for("rules.global_form", saved=1), 303)


def text() -> Response:
    """The draft as text, its problems at their lines."""
    return make_response(render_template("rules/text.html", **_values(_mine())))


def save_text() -> Response:
    """Keep the text as it was typed."""
    fields = declared(read_fields(limit=TEXT_BYTES, too_large="too_big"), ("text",))
    edit_rules.save_text(services().sessions, _author(), fields.get("text", ""), now=now())
    return redirect(url_for("rules.text", saved=1), 303)


def discard() -> Response:
    """Forget the draft."""
    press()
    edit_rules.discard_draft(services().sessions, _author())
    return redirect(url_for("rules.active"), 303)


def measure() -> Response:
    """Begin the replay of a year; its page waits for it."""
    press()
    draft = _mine()
    if check_rules(draft.text.encode(), known=known_names())[0] is None:
        return redirect(url_for("rules.page"), 303)
    args = (services(), _author(), known_names())
    threading.Thread(target=_measured, args=args, name="what-if", daemon=True).start()
    return redirect(url_for("rules.what_if", wait=1), 303)


def _measured(here: Services, author: str, known: Any) -> None:
    zone, told = here.settings.time_zone, here.settings.language
    defaults = edit_rules.Defaults(zone, told)
    try:
        edit_rules.measure_draft(here.sessions, author, now=here.now(), defaults=defaults, known=known)
    except Exception as error:  # a thread has nobody to raise to; its page offers to begin again
        log.warning("what_if_failed", error=type(error).__name__)


def what_if() -> Response:
    """What the draft would have done beside what the active version would have; waits while it is being replayed."""
    values = _values(_mine())
    draft = values["draft"]
    waiting = not values["measured"] and (draft.measuring_since is not None or request.args.get("wait") == "1")
    said = draft.measured if values["measured"] else None
    with services().read_sessions() as session:
        names = {store.id: store.name for store in stores.shops(session, (NETWORK,))}
    values |= {"waiting": waiting, "said": said, "names": names}
    return make_response(render_template("rules/what_if.html", **values))


def publish_form() -> Response:
    """The last look before a version."""
    return _publish_page(_mine())


def _publish_page(draft: Draft, status: int = 200, complaints: Any = (), typed: Any = None) -> Response:
    values = _values(draft)
    active: rules.Version | None = values["active"]
    theirs = _theirs(draft, active)
    before = active.text if active else ""
    values |= {
        "complaints": list(complaints),
        "typed": typed or {},
        "theirs": theirs,
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
        author=_author(),
        why=fields.get("reason", ""),
        name=person.account.name or person.account.email,
        accept_warnings=fields.get("accept_warnings") == "1",
        volume=int(volume) if volume.isascii() and volume.isdigit() and len(volume) < 12 else None,
    )
    home = here.settings.home
    try:
        edit_rules.publish_draft(
            here.sessions,
            confirmed,
            now=now(),
            defaults=edit_rules.Defaults(here.settings.time_zone, here.settings.language),
            known=known_names(),
            file=home / "rules.toml" if home.is_dir() else None,
        )
    except Refused as refused:
        return _publish_page(_mine(), refused.status, refused.complaints, fields)
    return redirect(url_for("rules.active", saved=1), 303)


def carry_over() -> Response:
    """Go on from the version in force, having seen what it changed."""
    press()
    edit_rules.carry_over(services().sessions, _author(), now=now())
    return redirect(url_for("rules.page"), 303)
