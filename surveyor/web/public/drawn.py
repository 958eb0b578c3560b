"""The survey page drawn once for a store and a language; what differs from one customer to the next is filled in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, render_template
from markupsafe import escape

from surveyor.core.surveys import SCORE_FIELD, Survey
from surveyor.web.days import day as in_words
from surveyor.web.language import language
from surveyor.web.public.page import Page

_MOST = 512
_ACTION, _NONCE, _DAY = "\x00action\x00", "\x00nonce\x00", "\x00day\x00"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A page with holes. `survey`: the very object it was drawn from; another one is drawn again."""

    survey: Survey
    html: str


def survey_page(page: Page) -> str:
    """The page that opens a link, byte for byte what the template draws. For a page without a notice or a complaint."""
    kept: dict[Any, _Drawn] = current_app.extensions.setdefault("surveyor.drawn", {})
    key = (language(), page.survey.id, page.store, page.brand, page.privacy_url, page.look, page.order_day is None)
    drawn = kept.get(key)
    if drawn is None or drawn.survey is not page.survey:
        html = _with_holes(page)
        if html is None:
            return _whole(page)
        if len(kept) >= _MOST:
            kept.clear()
        drawn = kept[key] = _Drawn(page.survey, html)
    html = drawn.html.replace(_ACTION, str(escape(page.action))).replace(_NONCE, str(escape(page.nonce)))
    if page.order_day is not None:
        html = html.replace(_DAY, str(escape(in_words(page.order_day))))
    score = page.given.get(SCORE_FIELD)
    return html if score is None else html.replace(_button(score), f"{_button(score)} checked")


def _whole(page: Page) -> str:
    return render_template("public/survey.html", page=page, language=language())


def _with_holes(page: Page) -> str | None:
    """The page with holes; None when it cannot be told where they are: a store that is named like a day."""
    html = _whole(replace(page, given={}))
    holes = [(str(escape(page.action)), _ACTION), (str(escape(page.nonce)), _NONCE)]
    if page.order_day is not None:
        holes.append((str(escape(in_words(page.order_day))), _DAY))
    buttons = [_button(value) for value in page.survey.score.values()]
    if any(html.count(text) != 1 for text in (*(said for said, _ in holes), *buttons)):
        return None
    for said, hole in holes:
        html = html.replace(said, hole)
    return html


def _button(score: str) -> str:
    return f'name="{SCORE_FIELD}" value="{score}"'
