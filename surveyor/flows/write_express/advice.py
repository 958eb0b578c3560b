"""What the express recommends: R1 to R16 on the windows of a Monday; a rule whose facts nobody has stays silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from surveyor.core.indicators import find
from surveyor.core.indicators.counted import Peers
from surveyor.core.indicators.peers import PeerGroup, adjusted_nps
from surveyor.core.indicators.solicitation import assume_delivered
from surveyor.core.intervals import raw_nps
from surveyor.core.matrix import cx_matrix
from surveyor.core.periods import Period, express_windows, month_of
from surveyor.core.reports.mentioned import most_mentioned
from surveyor.core.reports.report import Told
from surveyor.core.rounding import signed
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tally import Tally
from surveyor.db import breaks, plans, report_cases, stores, tallies, users
from surveyor.db.labels import counts as labels
from surveyor.db.plans import Plan
from surveyor.flows.choose_peers import peers_of
from surveyor.flows.confirm_action import confirmed_by
from surveyor.flows.fire_rules import (
    Around,
    Fired,
    ask_actions,
    ask_emails,
    ask_labels,
    ask_practice,
    best_named,
    lives_badly,
)
from surveyor.flows.measure_indicators import Question, measure
from surveyor.flows.sort_verbatims import in_force
from surveyor.flows.write_express.asked import Asked

#: Months that R5 looks back at most.
MOST_MONTHS = 12
_SENT = ("delivered", "responded", "visited", "unsubscribed", "complained")


@dataclass(frozen=True, slots=True)
class Weeks:
    """What the rules read of a Monday. sums: by window, of all stores; late: detractors without a reply for 48 hours.

    same: the answers on both sides came from one questionnaire.
    """

    windows: Mapping[str, Period]
    sums: Mapping[str, Tally]
    late: int
    same: bool


def advise(session: Any, asked: Asked, weeks: Weeks) -> tuple[tuple[Told, ...], int]:
    """At most three, in the order of their rules, and how many others fired."""
    fired, unit = Fired(asked.language), str(asked.scope)
    spoken = 0 if asked.language == "fr" else 1
    lexicon = in_force(session).lexicon
    themes = {one.id: (one.fr, one.en)[spoken] for one in lexicon.themes}
    names = {one.id: (one.fr, one.en)[spoken] for one in lexicon.labels}
    for one in report_cases.grave(session, asked.reach, weeks.windows["week"]):
        for theme in one.themes[:1]:
            fired.ask("R1", f"response:{one.id.hex}", {"theme": themes.get(theme, theme)})
    fired.ask("R2", unit, {"waiting": weeks.late})
    change = _change(session, asked, weeks)
    mentions = labels.mentions(session, asked.reach, weeks.windows["rolling"])
    fired.ask("R3", unit, {**change, **_worst(mentions, names)})
    _about_labels(session, asked, weeks, fired, mentions=mentions, names=names)
    _about_peers(session, asked, fired, unit, names=names, mentions=mentions)
    _about_sending(session, asked, weeks, fired, unit)
    first = asked.monday - timedelta(days=91)
    n = _sums(session, asked, Period(first, asked.monday - timedelta(days=1))).responses
    fired.ask("R14", unit, {"n_3_months": n})
    if asked.edition in ("region", "support"):
        inside = {one.id for one in stores.shops(session, asked.reach)}
        weeks_since = weeks_since_login(users.store_last_seen(session), inside, asked.instant)
        fired.ask("R15", unit, {"weeks_since_login": weeks_since, "edition": asked.edition})
    around = Around(weeks.windows["before"].first, weeks.windows["rolling"].first, change, asked.zone)
    changed = breaks.breaks(session, *around.instants, of=("nps",))
    confirmed = partial(confirmed_by, session, today=asked.monday)
    ask_actions(fired, _plans(session, asked), changed, unit=unit, around=around, confirmed=confirmed)
    return fired.kept(asked.shown_before, today=asked.monday, edition=asked.edition)


def weeks_since_login(seen: Mapping[str, datetime], inside: set[str] | frozenset[str], now: datetime) -> list[int]:
    """R15: full weeks since somebody of each store was seen; a store without such a person is left out."""
    return [(now - seen[store]) // timedelta(weeks=1) for store in sorted(inside & seen.keys())]


def _plans(session: Any, asked: Asked) -> list[Plan]:
    """The plans for all of these stores."""
    every = [one.plan for one in plans.listed(session)]
    mine = {one.id for one in stores.shops(session, asked.reach)} if every else set()
    return [one for one in every if mine <= {shop.id for shop in stores.shops(session, (Scope.parse(one.scope),))}]


def _sums(session: Any, asked: Asked, period: Period) -> Tally:
    return tallies.sums(session, asked.reach, period).get((), Tally())


def _change(session: Any, asked: Asked, weeks: Weeks) -> dict[str, Any]:
    """Both sides, and those of every store when the report is about several: discoveries are among all of them."""
    others: dict[str, Any] = {}
    if asked.edition != "store":
        now, before = (
            {key[0]: one.bands for key, one in tallies.sums(session, asked.reach, period, by=("store",)).items()}
            for period in (weeks.windows["rolling"], weeks.windows["before"])
        )
        others = {store: {"now": now[store], "before": before[store]} for store in now.keys() & before.keys()}
        others = others if len(others) > 1 else {}
    return {
        "now": weeks.sums["rolling"].bands,
        "before": weeks.sums["before"].bands,
        "cadence": "week",
        "same_questionnaire": weeks.same,
        "others": others,
    }


def _worst(mentions: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """R3: the two labels that go badly and are mentioned most; none when there are not two."""
    bad, _ = most_mentioned(mentions, {}, names)
    return {"label1": bad[0].name, "label2": bad[1].name} if len(bad) == 2 else {}


def _about_labels(session: Any, asked: Asked, weeks: Weeks, fired: Fired, *, mentions: Any, names: Any) -> None:
    """R4 of four weeks against twelve, R5 of whole months, R8 of four weeks."""
    spans = (weeks.windows["rolling"], weeks.windows["before"])
    now, before = (labels.among_detractors(session, asked.reach, one) for one in spans)
    n1, n0 = (labels.covered(session, asked.reach, one) for one in spans)
    if now and n1.detractors and n0.detractors:
        pairs = {names.get(key, key): (k1, before.get(key, 0)) for key, k1 in now.items()}
        counted = {"labels": pairs, "detractors_now": n1.detractors, "detractors_before": n0.detractors}
        for key in sorted(now, key=lambda one: (-now[one], one)):
            fired.ask("R4", f"label:{key}", {**counted, "label": names.get(key, key)})
    _ask_months(session, asked, fired, names)
    if mentions and n1.commented:
        ask_labels(fired, cx_matrix(mentions, commented=n1.commented), names, mentions)


def _ask_months(session: Any, asked: Asked, fired: Fired, names: Mapping[str, str]) -> None:
    """R5: how many of the last whole months in a row a label is to improve, and certainly so."""
    month = month_of(asked.monday.replace(day=1) - timedelta(days=1))
    left: set[str] | None = None
    months: dict[str, int] = {}
    last: Mapping[str, Any] = {}
    comments = 0
    for back in range(MOST_MONTHS):
        mentions = labels.mentions(session, asked.reach, month)
        commented = labels.covered(session, asked.reach, month).commented if mentions else 0
        matrix = cx_matrix(mentions, commented=commented) if commented else None
        last, comments = (mentions, commented) if back == 0 else (last, comments)
        left = {key for key in (mentions if left is None else left) if lives_badly(matrix, key)}
        for key in left:
            months[key] = months.get(key, 0) + 1
        if not left:
            break
        month = month_of(month.first - timedelta(days=1))
    for key in sorted(months, key=lambda one: (-sum(last[one]), one)):
        positive, _, negative = last[key]
        counted = {"label": names.get(key, key), "positive": positive, "negative": negative, "comments": comments}
        fired.ask("R5", f"label:{key}", {**counted, "months": [("improve", False)] * months[key]})


def _about_peers(session: Any, asked: Asked, fired: Fired, unit: str, *, names: Any, mentions: Any) -> None:
    """R6 and R7 of one store: its tier in the last two whole months, each over the three months that end with it."""
    if len(asked.reach) != 1 or len(asked.reach[0].stores) != 1 or asked.reach[0].segments:
        return
    store, last = asked.reach[0].stores[0], month_of(asked.monday.replace(day=1) - timedelta(days=1))
    groups: list[tuple[Peers, PeerGroup]] = []
    for end in (month_of(last.first - timedelta(days=1)), last):
        peers = peers_of(session, [store], Period.parse("3m", end.last + timedelta(days=1))).get(store)
        group = None if peers is None else adjusted_nps(peers.stores)
        if peers is None or group is None or store not in group.stores:
            return
        groups.append((peers, group))
    tiers = [group.stores[store].tier for _, group in groups]
    peers, group = groups[-1]
    own = peers.stores[store]
    rest = [row for name, row in peers.stores.items() if name != store]
    pooled = (sum(row[0] for row in rest), sum(row[1] for row in rest), sum(row[2] for row in rest))
    if not sum(pooled):
        return
    others = {name: (one.tier, one.value) for name, one in group.stores.items() if name != store}
    facts = {"own": signed(raw_nps(own)), "peers": signed(raw_nps(pooled)), "tiers": tiers}
    fired.ask("R6", unit, {**facts, "best_peer": best_named(others, stores.agreed(session))})
    ask_practice(fired, mentions, names, tiers=tiers, store=asked.unit)


def _about_sending(session: Any, asked: Asked, weeks: Weeks, fired: Fired, unit: str) -> None:
    """R9 to R13 on emails whose answers are all in; R12 and R13 count people, and are left out of a store's."""
    cohort = weeks.sums["mature_sent"]
    if asked.delivery_events:
        fired.ask("R9", unit, {"sent": cohort.sent, "delivered": cohort.delivered})
    people = _people(session, asked) if asked.edition != "store" else {}
    rest = _rest(session, asked, weeks, cohort)
    others = None if rest is None else _sending(rest)
    ask_emails(fired, unit, {**_sending(cohort), "network": others, "pressure": people.get("pressure")})
    tired = people.get("fatigue")
    if tired is not None:
        fired.ask("R12", unit, tired)
    weighted = people.get("weighted")
    if weighted is not None:
        fired.ask("R13", unit, weighted)


def _rest(session: Any, asked: Asked, weeks: Weeks, cohort: Tally) -> Tally | None:
    """The same cohort of everybody else; None when there is nobody else, or nothing was delivered there."""
    if asked.scope.is_network:
        return None
    everybody = tallies.sums(session, (NETWORK,), weeks.windows["mature_sent"]).get((), Tally())
    rest = (everybody if asked.delivery_events else assume_delivered(everybody)) - cohort
    return rest if rest.delivered > 0 else None


def _sending(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in _SENT}


def _people(session: Any, asked: Asked) -> dict[str, Any]:
    """Pressure for R11, and the facts of R12 and R13, where they could be measured over the last four weeks."""
    question = Question(
        indicators=tuple(find(key) for key in ("pressure", "fatigue", "weighted_nps")),
        scope=asked.scope,
        reach=asked.reach,
        period=express_windows(asked.monday)["rolling"],
        today=asked.monday,
        language=asked.language,
        delivery_events=asked.delivery_events,
        zone=asked.zone,
    )
    (group,) = measure(session, question)
    pressure, _, weighted = group.figures
    found: dict[str, Any] = {"pressure": pressure.value}
    ranked = group.facts.counted.ranked
    if ranked is not None and ranked.customers:
        found["fatigue"] = {
            "customers": ranked.customers,
            "responded_first": ranked.responded_first,
            "responded_fourth": ranked.responded_fourth,
        }
    if weighted.value is not None:
        segment = stores.names(session).segments.get(str(weighted.facts["segment"]), str(weighted.facts["segment"]))
        plain = float(str(weighted.facts["unweighted"]))
        found["weighted"] = {"weighted": weighted.value, "unweighted": plain, "segment": segment}
    return found
