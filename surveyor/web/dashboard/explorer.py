"""What customers wrote, searched and filtered, a page at a time; nothing of it nor of what is searched is logged.

A search goes through so many comments at a look: it says how far back it went, and goes on when it is asked to.
"""

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
from surveyor.flows.search_verbatims import Look, in_one_look, search_verbatims
from surveyor.flows.sort_verbatims import in_force
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import ASKER, page_keeper, services
from surveyor.web.language import language
from surveyor.web.security.gate import needs

_AFTER = re.compile(r"(\d{8})(?:-(\d{1,17})-([0-9a-f]{32}))?", re.ASCII)
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
        fragment = _is_fragment(wanted)
        look = search_verbatims(session, asked.reach, wanted)
        found = look.found
        whole = wanted.after is None and len(found) <= _PAGE and _reached(look, wanted)
        total = Total(len(found)) if whole else None
        if not whole and not fragment:
            total = count_verbatims(session, asked.reach, wanted)
        at_once = whole or (_reached(look, wanted) and in_one_look(session, asked.reach, wanted))
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
        "look": None if more or at_once else look,
        "further": "" if more or _reached(look, wanted) or look.days is None else f"{look.days.first:%Y%m%d}",
        "label_name": {one.id: one.name(language()) for one in lexicon.labels},
        "offers_case": True,
        **about,
    }
    if fragment:
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


def _is_fragment(wanted: verbatims.Asked) -> bool:
    """Whether the page that is there asks for what follows; not when it asks for counts that it left out."""
    asks = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Trigger") != ASKER
    return asks and wanted.after is not None


def _reached(look: Look, wanted: verbatims.Asked) -> bool:
    """Whether a look went back to the first day of the period."""
    return look.days is None or look.days.first == wanted.period.first


def _cursor(row: verbatims.Verbatim) -> str:
    since = row.answered_at - _EPOCH
    return f"{row.day:%Y%m%d}-{since // timedelta(microseconds=1)}-{row.id.hex}"


def _after(text: str) -> verbatims.After | None:
    """Where a page begins: behind a row or a whole day; a cursor that is none of ours begins at the beginning."""
    found = _AFTER.fullmatch(text)
    if found is None:
        return None
    try:
        day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()
        at = _EPOCH + timedelta(microseconds=int(found[2])) if found[2] else None
    except (ValueError, OverflowError):
        return None
    return verbatims.After(day, at, UUID(hex=found[3]) if found[3] else None)
