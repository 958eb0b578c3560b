"""The ten sections of La voix du client in their order, as one report: what page, PDF and email are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from surveyor.core.badges import HIDDEN_UNDER, LOW_UNDER
from surveyor.core.indicators.changes import Verdict
from surveyor.core.quoting import french
from surveyor.core.reasons import label as reason_label
from surveyor.core.reports import replies, voice, voice_collected
from surveyor.core.reports import voice_charts as charts
from surveyor.core.reports.aimed import of_goal
from surveyor.core.reports.headings import counted, heading
from surveyor.core.reports.report import Bar, Report, Section, Told
from surveyor.core.reports.texts import NOTHING, NOTHING_NEW
from surveyor.core.reports.voice import VoiceFacts
from surveyor.core.reports.words import month_name
from surveyor.core.rounding import (
    decimal,
    display_count,
    display_interval,
    display_nps,
    display_share,
    largest_remainder,
    percent_sign,
    signed,
)

BANDS = ("promoter", "passive", "detractor")
TIERS = (Verdict.ABOVE, Verdict.AVERAGE, Verdict.BELOW)
MOST_REASONS = 5


def voice_report(f: VoiceFacts, advice: Sequence[Told] = (), left: int = 0) -> Report:
    """The report of a month; a section without anything to say is left out.

    advice: what is recommended, told last of all; left: how many other recommendations fired and are not told here.
    """
    spoken = f.language
    sections = (
        _essential(f),
        _split(f),
        _matters(f),
        _labels(f, "dislikes", 2),
        _labels(f, "likes", 0),
        _replies(f),
        _collection(f),
        _comparison(f),
        _followed(f),
        _section(f, "plans", rows=tuple(f.national)),
        _method(f),
    )
    said = tuple(_spaced(one, spoken) for one in sections if one.says)
    month = month_name(f.month.token, spoken)
    told = tuple(replace(one, text=_french(one.text, spoken), unknown=_french(one.unknown, spoken)) for one in advice)
    nothing = "" if told else (NOTHING_NEW if left else NOTHING)[0 if spoken == "fr" else 1]
    return Report(
        kind="voice",
        edition=f.edition,
        language=spoken,
        period=f.month.token,
        unit=f.unit,
        subject=_french(voice.subject(f), spoken),
        about=f"{f.unit} · {month}",
        lead=_french(" ".join(filter(None, (voice.lead(f), of_goal(f.goals, "nps", spoken)))), spoken),
        sections=said,
        advice=told,
        closing=_french(" ".join(filter(None, (nothing, voice.closing(spoken)))), spoken),
        foot=heading("trademark", spoken),
        quiet=not f.n and not f.cohort.sent,
        team=_spaced(_team(f), spoken) if f.edition == "store" else None,
        pages=tuple(f.pages),
    )


def store_page(f: VoiceFacts) -> Section:
    """A store on a page of its region's report: its score and change, its shares, what is liked and what annoys."""
    spoken = f.language
    beside = voice.of_peers(f.beside, spoken) if f.beside is not None else ""
    said = (voice.lead(f), *voice.changes(f), beside, voice_collected.response_rate(f))
    rows = []
    for key, place in (("likes", 0), ("dislikes", 2)):
        labels = ", ".join(f"{name} ({said})" for name, said in _mentions(f, place))
        rows += [(heading(f"voice.{key}", spoken), labels)] if labels else []
    page = Section(
        "store", f.unit, tuple(filter(None, said)), bars=_split(f).bars, rows=tuple(rows), quotes=tuple(f.quotes)
    )
    return _spaced(page, spoken)


def _section(f: VoiceFacts, key: str, **parts: Any) -> Section:
    return Section(key, heading(f"voice.{key}", f.language), **parts)


def _essential(f: VoiceFacts) -> Section:
    said = [*voice.changes(f), voice_collected.response_rate(f), voice.bias(f)]
    if f.custscore:
        said.append(f.custscore)
        said += f.to_win
    return _section(f, "essential", sentences=tuple(filter(None, said)))


def _split(f: VoiceFacts) -> Section:
    """Shares, histogram and trend; a score under 10 answers hides what would give it away."""
    drawings: list[Mapping[str, Any]] = []
    bars: tuple[Bar, ...] = ()
    if f.n >= HIDDEN_UNDER:
        shares = largest_remainder(f.now)
        bars = tuple(
            Bar(
                heading(f"band.{band}", f.language),
                f"{percent_sign(str(shares[at]), f.language)} ({display_count(f.now[at], f.language)})",
                10 * shares[at],
                band,
            )
            for at, band in enumerate(BANDS)
        )
        drawings.append({"kind": "histogram", "counts": list(f.scores.scores)})
    trend = charts.trend(f)
    drawings += trend
    said = charts.changed(f) if trend else ""
    return _section(f, "split", sentences=(said,) if said else (), bars=bars, drawings=tuple(drawings))


def _matters(f: VoiceFacts) -> Section:
    said: list[str] = []
    drawings: tuple[Mapping[str, Any], ...] = ()
    rows: list[tuple[str, str]] = []
    if f.matrix is not None and f.matrix.classified:
        said.append(voice.of_matrix(f.matrix, f.language))
        rows = charts.quadrants(f, f.matrix)
        drawings = (charts.scatter(f, f.matrix),)
    for key, k1, n1, k0, n0 in f.rising:
        name = f.labels.get(key, key)
        said.append(
            f"« {name} » revient plus souvent chez les détracteurs : {k1} sur {n1}, contre {k0} sur {n0}."
            if f.language == "fr"
            else f'"{name}" comes up more often among detractors: {k1} of {n1}, was {k0} of {n0}.'
        )
    title = "matters" if rows or any(said) else "words"
    return Section(
        "matters",
        heading(f"voice.{title}", f.language),
        tuple(filter(None, said)),
        drawings=drawings,
        rows=tuple(rows),
        quotes=tuple(f.quotes),
    )


def _labels(f: VoiceFacts, key: str, place: int) -> Section:
    return _section(f, key, rows=tuple(_mentions(f, place)))


def _mentions(f: VoiceFacts, place: int) -> list[tuple[str, str]]:
    """Labels with how many of their mentions speak well (place 0) or badly (2) of them."""
    kind = "negative_mentions" if place == voice.NEGATIVE else "positive_mentions"
    return [
        (name, counted(kind, n, f.language, all=display_count(every, f.language)))
        for name, n, every in voice.top(f, place)
    ]


def _replies(f: VoiceFacts) -> Section:
    return _section(f, "replies", sentences=tuple(replies.answered(f)))


def _collection(f: VoiceFacts) -> Section:
    found: dict[str, int] = {}
    for (_stage, reason), n in f.reasons.items():
        found[reason] = found.get(reason, 0) + n
    top = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:MOST_REASONS]
    rows = tuple((reason_label(reason, f.language), display_count(n, f.language)) for reason, n in top)
    return _section(f, "collection", sentences=tuple(voice_collected.collected(f)), rows=rows)


def _comparison(f: VoiceFacts) -> Section:
    said = (voice.of_peers(f.beside, f.language),) if f.beside is not None else ()
    rows = []
    for tier in TIERS:
        for one in sorted((s for s in f.stores if s.tier is tier), key=lambda s: s.name.lower()):
            found = {"value": signed(one.adjusted), "interval": display_interval(*one.bounds)}
            score = counted("adjusted", sum(one.counts), f.language, **found)
            rows.append((one.name, f"{tier.words(f.language)} · {score}"))
    few = sum(one.tier is Verdict.NOT_RANKED for one in f.stores)
    more = (counted("unranked", few, f.language),) if few else ()
    return _section(f, "comparison", sentences=(*said, *more), rows=tuple(rows), drawings=charts.funnel(f))


def _followed(f: VoiceFacts) -> Section:
    """What last month's report recommended: its status, and what was observed since."""
    rows = []
    for one in f.followed:
        status = heading(f"status.{one.status}", f.language)
        since = replies.since(f, one)
        rows.append((one.text, f"{status} · {since}" if since else status))
    return _section(f, "follow", rows=tuple(rows))


def _team(f: VoiceFacts) -> Section:
    """One page to pin up: three figures, two good points, one to work on."""
    spoken = f.language
    score = display_nps(*f.now) if f.n >= LOW_UNDER else "-"
    rate = display_share(f.cohort.responded, f.cohort.delivered, spoken) if f.cohort.delivered else "-"
    bars = (
        Bar("NPS", score, 0),
        Bar("Réponses" if spoken == "fr" else "Answers", display_count(f.n, spoken), 0),
        Bar("Taux de réponse" if spoken == "fr" else "Response rate", rate, 0),
    )
    good = dict(_mentions(f, voice.POSITIVE)[:2])
    work = [(name, said) for name, said in _mentions(f, voice.NEGATIVE) if name not in good][:1]
    rows = [(heading("team.good", spoken), f"{name} ({said})") for name, said in good.items()]
    rows += [(heading("team.work", spoken), f"{name} ({said})") for name, said in work]
    said = () if rows else (heading("team.read", spoken),)
    return _section(f, "team", sentences=said, bars=bars, rows=tuple(rows))


def _method(f: VoiceFacts) -> Section:
    """What was counted and how, and what this report does not know."""
    is_french, n = f.language == "fr", display_count(f.n, f.language)
    state = _state(f)
    said = [
        f"{n} réponses données dans le mois ({state}). NPS calculé sur les effectifs, intervalles à 95 %."
        if is_french
        else f"{n} answers given in the month ({state}). NPS is computed from counts, 95% intervals.",
        "« Significatif » demande p < 0,05, 5 points d'écart et 30 réponses des deux côtés."
        if is_french
        else '"Significant" takes p < 0.05, a gap of 5 points and 30 answers on both sides.',
    ]
    if corrected := voice.correction(f):
        said.insert(1, corrected)
    if f.weighted is not None:
        deff = decimal(f.weighted.deff, 2, f.language)
        said.append(
            f"NPS redressé par segment, poids de 5 au plus, effet de sondage {deff}."
            if is_french
            else f"NPS weighted by segment, weights of at most 5, design effect {deff}."
        )
    missing = [words[0 if is_french else 1] for known, words in _unknown(f) if not known]
    if missing:
        said.append(("Non mesuré : " if is_french else "Not measured: ") + ", ".join(missing) + ".")
    said.append(
        "L'intervalle mesure le hasard de l'échantillon, pas l'absence de ceux qui ne répondent pas."
        if is_french
        else "The interval reflects sampling chance, not the customers who did not answer."
    )
    return _section(f, "method", sentences=tuple(said), rows=voice_collected.weights_annex(f))


def _state(f: VoiceFacts) -> str:
    if f.revised:
        return f"mois clos, révisé le {f.revised}" if f.language == "fr" else f"closed month, revised on {f.revised}"
    if f.closed:
        return "mois clos" if f.language == "fr" else "closed month"
    return "provisoire" if f.language == "fr" else "provisional"


def _unknown(f: VoiceFacts) -> Sequence[tuple[bool, tuple[str, str]]]:
    return (
        (bool(f.custscore), ("CustScore", "CustScore")),
        (f.matrix is not None and f.matrix.value is not None, ("matrice des libellés", "matrix of labels")),
        (f.answered is not None and f.answered.replied[1] > 0, ("réponses aux clients", "replies to customers")),
        (f.weighted is not None, ("NPS redressé", "weighted NPS")),
        (f.pressure is not None, ("pression et lassitude", "pressure and fatigue")),
    )


def _french(text: str, spoken: str) -> str:
    return french(text) if spoken == "fr" else text


def _spaced(section: Section, spoken: str) -> Section:
    """French has its no-break spaces; what customers wrote stays as they wrote it."""
    if spoken != "fr":
        return section
    return Section(
        section.key,
        section.title,
        tuple(map(french, section.sentences)),
        tuple(Bar(bar.name, french(bar.said), bar.length, bar.tone) for bar in section.bars),
        section.drawings,
        tuple((french(name), french(said)) for name, said in section.rows),
        section.quotes,
    )
