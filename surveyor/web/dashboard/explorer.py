"""What customers wrote, searched and filtered, a page at a time; nothing of it nor of what is searched is logged."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from surveyor.core.searching import search_words
from surveyor.db import cases, labels, verbatims
from surveyor.flows.count_verbatims import Total, count_verbatims
from surveyor.flows.keep_counts import Ask, plain
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import page_keeper, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs

_AFTER = re.compile(r"(\d{1,17})-([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 20


def register(area: Blueprint) -> None:
    """Add the page to those of the dashboard."""
    area.get("/verbatims")(needs("read", "responses")(all_verbatims))


def all_verbatims() -> Response:
    """One page of comments; a following one comes as a fragment when the page that is there asks for it."""
    with services().read_sessions() as session:
        asked = question.read(session)
        wanted = _wanted(asked)
        found = verbatims.verbatims(session, asked.reach, wanted)
        whole = wanted.after is None and len(found) <= _PAGE
        total = Total(len(found)) if whole else count_verbatims(session, asked.reach, wanted)
        filters = question.choices(session, asked, period_name)
        tongues = plain.counted(session, page_keeper(), Ask("tongues", asked.reach, asked.period)) or []
        rows, more = found[:_PAGE], len(found) > _PAGE
        ids = [row.id for row in rows]
        about = {"carried": labels.carried(session, ids), "cases": cases.of_responses(session, ids)}
        lexicon = in_force(session).lexicon
    values: dict[str, Any] = {
        "asked": asked,
        "wanted": wanted,
        "q": request.args.get("q", ""),
        "words": rows,
        "next": _cursor(rows[-1]) if more else "",
        "label_name": {one.id: one.name(language()) for one in lexicon.labels},
        "offers_case": True,
        **about,
    }
    if request.headers.get("HX-Request") == "true" and wanted.after is not None:
        return make_response(render_template("dashboard/_words.html", **values))
    page = render_template(
        "dashboard/verbatims.html",
        total=total,
        filters=filters,
        tongues=tongues,
        days=days_name(asked.period),
        **values,
    )
    return make_response(page)


def _wanted(asked: question.Asked) -> verbatims.Asked:
    """The filters of the address; a band or a score that is none is none. Raises Refused for an address searched."""
    band, score = request.args.get("band", ""), request.args.get("score", "")
    return verbatims.Asked(
        period=asked.period,
        band=band if band in verbatims.BANDS else "",
        commented=request.args.get("all", "") != "1",
        after=_after(request.args.get("after", "")),
        limit=_PAGE + 1,
        label=request.args.get("label", "")[:40],
        words=search_words(request.args.get("q", "")),
        score=int(score) if score in {str(n) for n in range(11)} else None,
        language=request.args.get("spoken", "")[:12],
    )


def _cursor(row: verbatims.Verbatim) -> str:
    since = row.answered_at - _EPOCH
    return f"{since // timedelta(microseconds=1)}-{row.id.hex}"


def _after(text: str) -> tuple[datetime, UUID] | None:
    """Where a page begins; a cursor that is none of ours begins at the beginning."""
    found = _AFTER.fullmatch(text)
    if found is None:
        return None
    return _EPOCH + timedelta(microseconds=int(found[1])), UUID(hex=found[2])
