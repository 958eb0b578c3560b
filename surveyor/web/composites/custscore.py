"""The CustScore: what each item earns, what it could still win, what moved, and how it stood night by night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from surveyor.core import rounding
from surveyor.core.custscore import gain, nps_margin
from surveyor.core.custscore_items import SETTINGS, Setting
from surveyor.core.indicators import Envelope
from surveyor.core.periods import Period
from surveyor.core.quoting import french
from surveyor.db import scores
from surveyor.flows.measure_custscore import (
    ITEMS,
    Lever,
    Of,
    Scored,
    change_of,
    kept_custscore,
    levers_of,
    usable_formula,
)
from surveyor.flows.measure_nps import measure_nps
from surveyor.web.charts.composites import Part, draw_parts, draw_parts_narrow
from surveyor.web.charts.drawing import Drawing, sheets
from surveyor.web.dashboard import asked as question
from surveyor.web.dashboard.routes import place_name
from surveyor.web.dashboard.words import days_name, period_name
from surveyor.web.here import now, page_keeper, services
from surveyor.web.language import language, text
from surveyor.web.screens import count
from surveyor.web.security.gate import needs

area = Blueprint("custscore", __name__, url_prefix="/custscore")
#: A gain of fewer points shows as 0.
WORTH_SAYING = 0.05
#: Item -> the page where something is done about it.
ACTIONS = {
    "nps": "dashboard.all_verbatims",
    "cx_matrix": "matrix.page",
    "review_volume": "dashboard.all_verbatims",
    "solicitation_volume": "funnel.page",
    "cx_benchmark": "benchmark.page",
    "label_coverage": "labels.listing",
    "store_connections": "adoption.page",
    "google_volume": "review_files.form",
    "faq": "faq.listing",
    "widgets": "widgets.listing",
    "reply_rate": "inbox.listing",
    "reply_time": "inbox.listing",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An item as a row: its raw value in words, how it becomes points, points and their change."""

    item: str
    coefficient: int
    how: str
    raw: str
    points: str
    earned: str
    to_win: str
    moved: str
    available: bool
    action: str
    sentence: str
    lever: str


@area.get("")
@needs("read", "indicators")
def page() -> Response:
    here = services()
    with here.read_sessions() as session:
        asked = question.read(session)
        of = Of(
            asked.scope,
            asked.reach,
            asked.period,
            now(),
            here.settings.time_zone,
            usable_formula(here.settings.home),
        )
        before = asked.period.before()
        found = kept_custscore(session, of, page_keeper())
        nps = measure_nps(session, of, language=language(), keeper=page_keeper())
        then = kept_custscore(session, replace(of, period=before), page_keeper(), found.formula if found else None)
        back = Period(asked.today - timedelta(days=90), asked.today)
        whole = asked.reach == (asked.scope,)  # of a scope that the reader sees a part of, the nights are not theirs
        nights = scores.nights(session, str(asked.scope), back) if whole else []
        filters = question.choices(session, asked, period_name)
        place = place_name(session, asked)
    values: dict[str, Any] = {"asked": asked, "filters": filters, "place": place, "days": days_name(asked.period)}
    if found is None or then is None:
        return make_response(render_template("composites/custscore.html", counting=True, **values))
    change = change_of(then, found)
    values |= {
        "counting": False,
        "s": found.score,
        "formula": found.formula,
        "lines": lines_of(found, then, levers_of(found, of), nps),
        "drawings": _drawings(found),
        "margin": _margin(found, nps),
        "change": change,
        "changed": _signed(change.change),
        "days_before": days_name(before),
        "nights": [one for one in nights if one.value is not None],
        "coverage": share(found.score.coverage),
    }
    return make_response(render_template("composites/custscore.html", sheets=sheets, **values))


def share(value: float | None) -> str:
    """A share in percent, whole."""
    return "-" if value is None else rounding.percent_sign(str(rounding.rounded(value)), language())


def decimal(value: float, digits: int = 1) -> str:
    """A number with its decimals."""
    return rounding.decimal(value, digits, language())


def lines_of(found: Scored, then: Scored, levers: Mapping[str, Lever], nps: Envelope) -> list[Line]:
    """The twelve items, those that can still win the most first, then those that are not available."""
    listed = []
    for item in ITEMS:
        points, was = found.points[item], then.points[item]
        earned = found.score.contributions.get(item)
        to_win = found.score.potentials.get(item)
        moved = ""
        if points is not None and was is not None and found.score.sum_available:
            weight = found.formula.coefficient(item)
            moved = _signed(gain(item, was, points, sum_available=found.score.sum_available, coefficient=weight))
        listed.append(
            Line(
                item=item,
                coefficient=found.formula.coefficient(item),
                how=how_words(item, found.formula.setting(item)),
                raw=nps_words(nps) if item == "nps" else raw_words(item, found.facts.get(item)),
                points="" if points is None else decimal(points),
                earned="" if earned is None else decimal(earned),
                to_win="" if to_win is None else decimal(to_win),
                moved=moved,
                available=points is not None,
                action=ACTIONS[item],
                sentence=_sentence(item, found),
                lever=_lever(item, levers),
            )
        )
    return sorted(listed, key=lambda line: (not line.available, -found.score.potentials.get(line.item, 0.0)))


def raw_words(item: str, facts: Any) -> str:
    """What was counted of an item, with its n."""
    if facts is None:
        return text("composites.raw.none")
    values: dict[str, Any] = {name: _said(value) for name, value in facts.items()}
    if item == "cx_benchmark":
        values |= {name: _points(facts[name]) for name in ("own", "peers")}
        values["gap"] = _gap(facts["gap"])
    if item in ("faq", "widgets") and not facts["enabled"]:
        return text("composites.raw.off")
    if item == "widgets":
        values |= {
            kind: text("composites.raw.seen" if facts[kind] else "composites.raw.unseen")
            for kind in ("badge", "carousel")
        }
    said = text(f"composites.raw.{item}", **{name: value for name, value in values.items() if isinstance(value, str)})
    return french(said) if language() == "fr" else said


def nps_words(nps: Envelope) -> str:
    """The NPS as its own page says it: with its interval, its n and its badge; too few answers say that alone."""
    if not nps.shown:
        return nps.badge
    figure = " ".join(filter(None, (nps.display, nps.interval))).replace("-", "\u2212")
    return text("composites.raw.nps", figure=figure, n=count(nps.n), badge=nps.badge)


def _points(value: float | None) -> str:
    """A NPS; "-" when there are too few answers to say one."""
    return "-" if value is None else rounding.signed(value).replace("-", "\u2212")


def _gap(gap: Sequence[float] | None) -> str:
    """A difference of NPS with its interval; "-" when there are too few answers to say one."""
    if gap is None:
        return "-"
    return f"{rounding.signed(gap[0])} {rounding.display_interval(gap[1], gap[2])}".replace("-", "\u2212")


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return count(value)
    return decimal(value) if isinstance(value, float) else "-" if value is None else str(value)


def _sentence(item: str, found: Scored) -> str:
    """What an item earns of what it could, in one sentence; "" when it is not available."""
    earned, to_win = found.score.contributions.get(item), found.score.potentials.get(item)
    if earned is None or to_win is None:
        return ""
    return text("composites.custscore.sentence", earned=decimal(earned), possible=decimal(earned + to_win))


def how_words(item: str, setting: Setting) -> str:
    """How an item becomes points: in its own words, or in the normaliser's when somebody changed its numbers."""
    if setting == SETTINGS[item]:
        return text(f"composites.how.{item}")
    values = {name: decimal(value, 0 if value == int(value) else 2) for name, value in setting.values.items()}
    return text(f"composites.normaliser.{setting.normaliser}", **values)


def _lever(item: str, levers: Mapping[str, Lever]) -> str:
    """What to do about an item, and about what it would earn; "" when there is nothing to do."""
    one = levers.get(item)
    if one is None or one.gain < WORTH_SAYING:
        return ""
    said = decimal(one.gain)
    single = one.gain < 1.95 if language() == "fr" else said == "1.0"
    unit = text("composites.lever.point" if single else "composites.lever.points")
    return text(f"composites.lever.{item}", n=one.more, gain=said, unit=unit)


def _drawings(found: Scored) -> tuple[Drawing, Drawing]:
    """What each item earned, on a wide sheet and on one for telephones."""
    score = found.score
    parts = [
        Part(
            text(f"composites.item.{item}"),
            score.contributions[item],
            score.potentials[item],
            text(
                "composites.custscore.part",
                earned=decimal(score.contributions[item]),
                to_win=decimal(score.potentials[item]),
            ),
            decimal(score.contributions[item]),
        )
        for item in sorted(score.contributions, key=lambda name: -score.contributions[name])
    ]
    about = text("composites.custscore.drawn")
    return draw_parts(parts, about), draw_parts_narrow(parts, about)


def _margin(found: Scored, nps: Envelope) -> str:
    """± points; "" without an NPS among the items, and while the people behind it are counted."""
    if nps.ci_low is None or nps.ci_high is None:
        return ""
    if not found.score.sum_available or found.points["nps"] is None:
        return ""
    margin = nps_margin(
        (nps.ci_low, nps.ci_high),
        sum_available=found.score.sum_available,
        coefficient=found.formula.coefficient("nps"),
        setting=found.formula.setting("nps"),
    )
    return decimal(margin, 2)


def _signed(value: float | None) -> str:
    if value is None:
        return ""
    said = decimal(abs(value))
    return said if said.strip("0,.") == "" else f"{'+' if value > 0 else chr(0x2212)}{said}"
