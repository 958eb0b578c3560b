"""One text of a text of rules against its key: nothing hidden in it, the right form, a name that exists."""

from __future__ import annotations

import re

from surveyor.core.quoting import BIDI, code_point, shown
from surveyor.core.rules.findings import WRONG, Findings, Given, Wrong

ID_PATTERN = re.compile(r"[a-z][a-z0-9_-]{0,31}")
TIME_PATTERN = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

_HIDDEN = BIDI | frozenset("\u200b\u2028\u2029\u2060\ufeff")

#: English, French, and the French adjective that agrees.
_KINDS: dict[str, tuple[str, str, str]] = {
    "stores": ("store", "le magasin", "Connus"),
    "regions": ("region", "la région", "Connues"),
    "segments": ("segment", "le segment", "Connus"),
    "surveys": ("survey", "le questionnaire", "Connus"),
    "emails": ("email", "l'e-mail", "Connus"),
}


def read_text(found: Findings, given: Given) -> object:
    """The text, or WRONG after saying what is wrong with it. `given.value` is a text."""
    key, path, value = given
    assert isinstance(value, str)
    control = _control_character(value)
    if control is not None:
        point = code_point(control)
        en = f" contains a control character ({point}). Remove it."
        return found.refuse(
            path, "control_char", en=en, fr=f" contient un caractère de contrôle ({point}). Retirez-le."
        )
    if key.type == "id":
        return value if ID_PATTERN.fullmatch(value) else _refuse_id(found, given)
    if key.type == "time":
        return value if TIME_PATTERN.fullmatch(value) else _refuse_time(found, given)
    if key.type == "choice":
        return value if value in key.words else _refuse_choice(found, given, value)
    if not key.low <= len(value) <= key.high:
        en = f": a text of {len(value)} characters, expected {key.low:g} to {key.high:g}."
        fr = f" : un texte de {len(value)} caractères, attendu de {key.low:g} à {key.high:g}."
        return found.refuse(path, "range", en=en, fr=fr)
    return _known(found, given, value)


def _control_character(text: str) -> str | None:
    """The first character that a text of rules may not hold: control, lone surrogate, bidi, zero width."""
    return next(
        (c for c in text if c < " " or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff" or c in _HIDDEN), None
    )


def _refuse_id(found: Findings, given: Given) -> Wrong:
    said = shown(given.value)
    en = f' = "{said}": expected a short identifier, for example "drive": a to z, then a to z, 0 to 9, - or _.'
    fr = f' = "{said}" : attendu un identifiant court, par exemple "drive" : a à z, puis a à z, 0 à 9, - ou _.'
    return found.refuse(given.path, "pattern", en=en, fr=fr)


def _refuse_time(found: Findings, given: Given) -> Wrong:
    said = shown(given.value)
    en, fr = f' = {said}: expected a time of day "HH:MM".', f' = {said} : attendu une heure "HH:MM".'
    return found.refuse(given.path, "pattern", en=en, fr=fr)


def _refuse_choice(found: Findings, given: Given, value: str) -> Wrong:
    said, words = shown(value), ", ".join(given.key.words)
    en, fr = f' = "{said}": expected one of {words}.', f' = "{said}" : attendu l\'un de {words}.'
    suggestion = found.suggester.closest(value, given.key.words)
    return found.refuse(given.path, "choice", en=en, fr=fr, suggestion=suggestion)


def _known(found: Findings, given: Given, value: str) -> object:
    kind = given.key.of
    names = found.known.of(kind) if found.known is not None and kind else None
    if names is None or value in names:
        return value
    if found.full:
        found.left_out += 1
        return WRONG
    en, fr, known_fr = _KINDS[kind]
    said = shown(value)
    listed = ", ".join(shown(n) for n in sorted(names)[:10]) + (", …" if len(names) > 10 else "")
    en, fr = f": {en} {said} does not exist. Known: {listed}.", f" : {fr} {said} n'existe pas. {known_fr} : {listed}."
    return found.refuse(given.path, "unknown_ref", en=en, fr=fr, suggestion=found.suggester.closest(value, names))
