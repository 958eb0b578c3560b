"""Rules that fields of staff forms share: their complaints have a code and a sentence in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wtforms.validators import StopValidation

from surveyor.core.quoting import BIDI, ZERO_WIDTH, code_point, french, shown
from surveyor.errors import Complaint
from surveyor.web.texts import say

Check = Callable[[Any, Any], None]


def complain(field: Any, code: str, fr: str, en: str) -> StopValidation:
    """What WTForms keeps as the error of a field."""
    return StopValidation(Complaint(field.name, code, french(fr), en))


def required(label: str) -> Check:
    """The field has something in it. `label` is a key of the catalogues."""

    def check(_form: Any, field: Any) -> None:
        if not (field.data or "").strip():
            fr, en = say("fr", label), say("en", label)
            raise complain(field, "field_required", f"{fr} est obligatoire.", f"{en} is required.")

    return check


def plain_text(label: str, *, most: int = 200, lines: bool = False) -> Check:
    """At most `most` characters, none of them a control or an invisible one (S23, S31). lines: it may have several."""

    def check(_form: Any, field: Any) -> None:
        value = field.data or ""
        fr, en = say("fr", label), say("en", label)
        for character in value:
            if lines and character in "\r\n\t":
                continue
            if character in BIDI or character in ZERO_WIDTH or ord(character) < 32 or 127 <= ord(character) < 160:
                point = code_point(character)
                raise complain(
                    field,
                    "text_control_character",
                    f"{fr} contient un caractère de contrôle ({point}). Retirez-le.",
                    f"{en} contains a control character ({point}). Remove it.",
                )
        if len(value) > most:
            raise complain(
                field,
                "field_too_long",
                f"{fr} : {len(value)} caractères, {most} au plus.",
                f"{en}: {len(value)} characters, at most {most}.",
            )

    return check


def wrong_value(field: Any, label: str, *, fr: str, en: str) -> StopValidation:
    """The value is none of those expected; `fr` and `en` say what is."""
    given = shown(field.data)
    return complain(
        field,
        "field_value",
        f"{say('fr', label)} : {given} n'est pas accepté. Attendu : {fr}.",
        f"{say('en', label)}: {given} is not accepted. Expected: {en}.",
    )
