"""Every text of the screens in French and English, side by side in catalogues; a missing one is an error, not a gap."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from surveyor.core.quoting import french
from surveyor.core.rounding import display_count

LANGUAGES = ("fr", "en")
FOLDER = Path(__file__).parent


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key -> language -> text. Keys are `<file>.<section>.<name>`; a plural has `one` forms beside (`fr_one`)."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        _collect(found, path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    return found


def _collect(found: dict[str, dict[str, str]], prefix: str, part: dict[str, object]) -> None:
    if "fr" in part and isinstance(part["fr"], str):
        found[prefix] = {language: _spaced(str(text), language) for language, text in part.items()}
        return
    for name, inner in part.items():
        assert isinstance(inner, dict), f"{prefix}.{name} is not a text: write {{ fr = …, en = … }}"
        _collect(found, f"{prefix}.{name}", inner)


def _spaced(text: str, language: str) -> str:
    return french(text) if language.startswith("fr") else text


def _written(value: object, language: str) -> str:
    """A whole number with its thousands apart; anything else as it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return display_count(value, language)
    return str(value)


def say(language: str, key: str, **values: object) -> str:
    """The text of `key`, its `{slots}` filled; `n` chooses the singular (French 0 and 1, English 1).

    KeyError for a key that no catalogue has: the tests walk every template, so that no reader sees one.
    """
    texts = catalogue()[key]
    text = texts[language if language in LANGUAGES else "en"]
    n = values.get("n")
    if isinstance(n, int) and (n == 1 or (n == 0 and language == "fr")):
        text = texts.get(f"{language}_one", text)
    for name, value in values.items():
        # Not str.format: a store named "{x.__class__}" stays a name.
        text = text.replace(f"{{{name}}}", _written(value, language))
    return text
