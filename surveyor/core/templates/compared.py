"""What changes between two versions of an email, in words and as text: shown before anything is published."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from surveyor.core.quoting import french

Sources = Mapping[str, Mapping[str, str]]
_PARTS = {
    "subject.txt": ("objet", "subject"),
    "body.txt": ("texte seul", "plain text"),
    "body.mjml": ("corps", "body"),
    "body.html": ("corps", "body"),
}
_LANGUAGES = {"fr": ("français", "French"), "en": ("anglais", "English")}


def changes(a: Sources, b: Sources, language: str) -> list[str]:
    """From `a` to `b`, one line for each part that changes; empty: the same.

    "Objet (français) : « Votre avis » → « Votre avis compte »"; for bodies, how many lines go and come.
    """
    fr = language == "fr"
    lines = []
    for tongue, part in _places(a, b):
        was, now = a.get(tongue, {}).get(part, ""), b.get(tongue, {}).get(part, "")
        if was == now:
            continue
        title = f"{_PARTS[part][0 if fr else 1].capitalize()} ({_LANGUAGES[tongue][0 if fr else 1]})"
        said = _quoted(was, now, fr) if part == "subject.txt" else _counted(was, now, fr)
        lines.append(french(f"{title} : {said}") if fr else f"{title}: {said}")
    return lines


def text_changes(a: Sources, b: Sources) -> str:
    """The unified diff of every part that changes, three lines around; empty when nothing does."""
    said = []
    for tongue, part in _places(a, b):
        was, now = a.get(tongue, {}).get(part, ""), b.get(tongue, {}).get(part, "")
        name = f"{tongue}/{part}"
        diff = difflib.unified_diff(was.splitlines(), now.splitlines(), name, name, lineterm="")
        said += [line + "\n" for line in diff]
    return "".join(said)


def _places(a: Sources, b: Sources) -> list[tuple[str, str]]:
    return [
        (tongue, part)
        for tongue in _LANGUAGES
        for part in _PARTS
        if part in a.get(tongue, {}) or part in b.get(tongue, {})
    ]


def _quoted(was: str, now: str, fr: bool) -> str:
    was, now = was.strip(), now.strip()
    return f"« {was} » → « {now} »" if fr else f'"{was}" → "{now}"'


def _counted(was: str, now: str, fr: bool) -> str:
    gone = came = 0
    for line in difflib.ndiff(was.splitlines(), now.splitlines()):
        gone += line.startswith("- ")
        came += line.startswith("+ ")
    if fr:
        return f"{gone} ligne{'s' * (gone > 1)} en moins, {came} en plus"
    return f"{gone} line{'s' * (gone != 1)} out, {came} in"
