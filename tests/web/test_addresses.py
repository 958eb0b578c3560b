"""What writes an address is compiled late, and writes what the library itself would write."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.routing import BuildError, Map, Rule

from surveyor.web.addresses import Address

VALUES: dict[str, Any] = {"default": "une année à 100 %", "int": 7, "uuid": UUID(int=7), "path": "a/b c"}


def plain(rule: Rule) -> Rule:
    return Rule(rule.rule, defaults=rule.defaults, endpoint=rule.endpoint, methods=rule.methods)


def kind(rule: Rule, name: str) -> str:
    """The converter of an argument: what stands before its name in the rule."""
    written = next(part for part in rule.rule.split("<")[1:] if part.partition(">")[0].rpartition(":")[2] == name)
    return written.partition(":")[0] if ":" in written.partition(">")[0] else "default"


def test_every_address_is_the_one_that_the_library_writes(app: Flask) -> None:
    ours = app.url_map
    theirs = Map([plain(rule) for rule in ours.iter_rules()], converters=ours.converters)
    theirs.converters.update(ours.converters)
    written = 0
    for rule in ours.iter_rules():
        assert type(rule) is Address
        known = {name: VALUES[kind(rule, name).partition("(")[0]] for name in rule.arguments - set(rule.defaults or {})}
        for more in ({}, {"q": "fidélité & co", "page": 2}):
            for unknown in (True, False):
                found = []
                for addresses in (ours, theirs):
                    asked = addresses.bind("surveyor.example", url_scheme="https")
                    try:
                        found.append(asked.build(rule.endpoint, {**known, **more}, append_unknown=unknown))
                    except BuildError:
                        found.append("refused")
                assert found[0] == found[1]
                written += found[0] != "refused"
    assert written > len(list(ours.iter_rules())) * 3
