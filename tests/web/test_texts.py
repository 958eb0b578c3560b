"""Every text of the screens exists in both languages, is used, and has the same slots in each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surveyor.web.texts import LANGUAGES, catalogue, say

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "surveyor" / "web").rglob("*.py")]
KEY = re.compile(r"""["']((?:[a-z_]+)\.(?:[a-z_0-9]+)(?:\.[a-z_0-9]+)?)["']""")
#: Keys put together from a word that varies: what stands before the word.
BUILT = re.compile(r"""(?:t|text|say)\(\s*f?["']([a-z_.]+\.)(?:["'] ~|\{)""")
IN_PYTHON = re.compile(r"""\b(?:text|say)\((?:[a-z"']+, )?f?["']([a-z_]+\.[a-z_.0-9]+)""")
IN_TEMPLATES = re.compile(r"""\bt\('([a-z_]+\.[a-z_.0-9]+)'[,)]""")


def used_keys() -> set[str]:
    """Keys written out in a template or in a module."""
    found: set[str] = set()
    for path in SOURCES:
        pattern = IN_TEMPLATES if path.suffix == ".html" else IN_PYTHON
        found |= {key for key in pattern.findall(path.read_text("utf-8")) if not key.endswith((".", "_"))}
    return found


def test_every_key_that_a_page_names_is_in_the_catalogues() -> None:
    missing = sorted(key for key in used_keys() if key not in catalogue())
    assert not missing


def test_every_text_is_in_both_languages_with_the_same_slots() -> None:
    for key, texts in catalogue().items():
        assert set(LANGUAGES) <= set(texts), key
        slots = [set(re.findall(r"\{(\w+)\}", texts[language])) for language in LANGUAGES]
        assert slots[0] == slots[1], key
        assert all(text.strip() for text in texts.values()), key


def test_no_text_is_left_that_no_page_says() -> None:
    said = "\n".join(path.read_text("utf-8") for path in SOURCES)
    written = set(KEY.findall(said))
    begun = set(BUILT.findall(said)) | {"errors.", "menu.role.", "dashboard.period.", "problems.", "api.", "explain."}
    idle = [key for key in catalogue() if key not in written and not any(key.startswith(one) for one in begun)]
    assert not idle


def test_french_has_its_no_break_spaces() -> None:
    assert say("fr", "auth.sign_in.forgotten") == "Mot de passe oublié\u00a0?"


def test_no_french_sign_can_begin_a_line() -> None:
    loose = re.compile(r"['\w)] (?=[:;!?»%€](?:[\s).,;…»]|$))|« ")
    for key, texts in catalogue().items():
        for language in ("fr", "fr_one"):
            assert not loose.search(texts.get(language, "")), (key, texts[language])


@pytest.mark.parametrize(("n", "said"), [(0, "0 réponse"), (1, "1 réponse"), (2, "2 réponses")])
def test_a_french_zero_is_singular(n: int, said: str) -> None:
    assert say("fr", "dashboard.nps.answers", n=n) == said


def test_a_name_that_looks_like_a_slot_stays_a_name() -> None:
    assert say("en", "public.survey.title", store="{day} {0}") == "Your opinion of {day} {0}"
