"""The rules guide names every key with its default, in both languages, and its examples pass the check."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from surveyor.core.rules import GlobalRules, Rule, check_rules, in_words
from surveyor.core.rules.keys import GLOBAL_KEYS, RULE_TABLE_KEYS, Key

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"fr": DOCS / "rules.fr.md", "en": DOCS / "rules.md"}
DEFAULTS = {f.name: f.default for kind in (Rule, GlobalRules) for f in fields(kind)}
KEYS = [k for k in {**RULE_TABLE_KEYS, **GLOBAL_KEYS}.values() if k.type != "table"]


def row(page: str, key: str) -> list[str]:
    [line] = [line for line in page.splitlines() if line.startswith(f"| `{key}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("key", KEYS, ids=lambda k: k.name)
def test_every_key_has_its_row_with_range_and_default(key: Key, language: str) -> None:
    cells = row(PAGES[language].read_text("utf-8"), key.name)
    assert len(cells) == 5
    assert all(cells)
    if key.type in ("integer", "number"):
        assert all(f"{bound:g}" in re.findall(r"[\d.]+", cells[1]) for bound in (key.low, key.high))
    default = DEFAULTS[key.name]
    if isinstance(default, bool):
        assert cells[2] == f"`{str(default).lower()}`"
    elif isinstance(default, int | float) and not key.name.startswith(("window_", "cooldown_")):
        assert cells[2] == f"`{default}`"


@pytest.mark.parametrize("language", PAGES)
def test_the_examples_pass_the_check_and_read_as_they_say(language: str) -> None:
    page = PAGES[language].read_text("utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert check_rules(example.encode())[1] == []
    rules, _ = check_rules(examples[0].encode())
    assert rules is not None
    quoted = " ".join(line.removeprefix("> ") for line in page.splitlines() if line.startswith("> "))
    assert in_words(rules.rules[0], language).replace("\u00a0", " ") == quoted


@pytest.mark.parametrize("language", PAGES)
def test_every_warning_is_explained(language: str) -> None:
    page = PAGES[language].read_text("utf-8")
    for code in ("hard_to_reach", "never_sends", "reuses_orders", "under_floor", "no_delay", "big_holdout"):
        assert f"| `{code}` |" in page
