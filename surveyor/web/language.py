"""Which of the two languages a reader gets, from the survey page to the dashboard."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from surveyor.web.texts import LANGUAGES, say


def language() -> str:
    """`fr` or `en`: asked for in the address, else chosen by the page or the person, else the browser's, else ours."""
    here = g._get_current_object()
    chosen, said = here.get("language", ""), here.get("language_said")
    if said is None or said[0] != chosen:  # a page of two hundred stores asks three thousand times
        said = here.language_said = (chosen, _language(chosen))
    return str(said[1])


def _language(chosen: str) -> str:
    asked = request.args.get("lang", "")
    if asked in LANGUAGES and not request.path.startswith("/w/"):  # a widget is in its own language (S40)
        return asked
    if chosen in LANGUAGES:
        return chosen
    ours = current_app.extensions["surveyor"].settings.language
    return request.accept_languages.best_match(LANGUAGES, ours) or ours


def text(key: str, **values: Any) -> str:
    """A text of the catalogues in the reader's language."""
    return say(language(), key, **values)
