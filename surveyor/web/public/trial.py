"""Behind the links of a test email: the page a customer would see, saying that it is a test, and nothing is kept."""

from __future__ import annotations

from email.utils import parseaddr

from flask import make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from surveyor.core.surveys import DEFAULT_SURVEY, SCORE_FIELD, parse_score
from surveyor.web.here import services
from surveyor.web.language import language, text
from surveyor.web.public.page import Page, chosen_language


def is_trial(token: str) -> bool:
    """Whether a link is one of a test email: made with the `preview` key, in no row."""
    return services().keyring.is_preview(token)


def trial_page(token: str) -> HTTPException:
    """The survey as the link shows it, to be raised in place of "unknown link"."""
    given = str((request.view_args or {}).get("score", ""))
    name = parseaddr(services().settings.sender)[0] or "surveyor"
    page = Page(
        action=url_for("survey.record", token=token, lang=chosen_language()),
        nonce="trial",
        survey=DEFAULT_SURVEY,
        store=name,
        brand=name,
        privacy_url="",
        order_day=None,
        end=None,
        given={SCORE_FIELD: given} if parse_score(given) is not None else {},
        notice=text("public.trial.sent" if request.method == "POST" else "public.trial.shown"),
    )
    drawn = render_template("public/survey.html", page=page, language=language())
    return HTTPException(response=make_response(drawn))
