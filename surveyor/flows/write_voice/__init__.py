"""La voix du client of a reader's stores, out of a book that was read once: counts, judgements, then sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from surveyor.core.custscore_formula import formula_from_plain
from surveyor.core.goals import Aimed, aim, wider
from surveyor.core.indicators import Facts, View, envelope, find
from surveyor.core.indicators.counted import Ranked
from surveyor.core.indicators.weighting import Stratum, WeightedNps, weighted_nps
from surveyor.core.matrix import Matrix, cx_matrix, label_trend
from surveyor.core.periods import local_date
from surveyor.core.reports.express import day_of_year
from surveyor.core.reports.headings import heading
from surveyor.core.reports.report import Report, Told
from surveyor.core.reports.voice import Heard, Marked, Placed, VoiceFacts
from surveyor.core.reports.voice_page import voice_report
from surveyor.core.rounding import decimal, half_away, signed
from surveyor.core.scope import Scope
from surveyor.core.tally import add_counts
from surveyor.db import distinct
from surveyor.db.report_figures import Counts, together
from surveyor.flows.measure_custscore import score_of
from surveyor.flows.measure_indicators import Question, measure
from surveyor.flows.quiet_memory import quiet_memory
from surveyor.flows.write_express.asked import Asked
from surveyor.flows.write_voice.advice import Month, advise
from surveyor.flows.write_voice.beside import beside
from surveyor.flows.write_voice.book import Book, narrowed, open_book
from surveyor.flows.write_voice.former import former
from surveyor.flows.write_voice.here import Here, here_of
from surveyor.flows.write_voice.months import as_closed
from surveyor.flows.write_voice.pages import pages
from surveyor.flows.write_voice.quotes import quotes

__all__ = ["Book", "open_book", "write_voice"]

MOST_QUOTES = 5
MOST_PLANS = 3
_MARKS = {
    "rules": ("règles", "rules"),
    "questions": ("questionnaire", "questionnaire"),
    "email": ("texte d'un e-mail", "text of an email"),
    "definition": ("calcul du NPS", "formula of the NPS"),
}


def write_voice(session: Any, book: Book, asked: Asked, *, scope: str) -> Report:
    """The report of a month for a reader. scope: of its copies, by which last month's recommendations are found.

    session: read again only for what does not add up over stores (people counted once), never for a single store.
    """
    with quiet_memory():
        return _written(session, book, asked, scope)


def _written(session: Any, book: Book, asked: Asked, scope: str) -> Report:
    if any(one.segments for one in asked.reach):
        book = narrowed(session, book, asked.reach)
    here = here_of(session, book, asked.reach)
    spoken = 0 if asked.language == "fr" else 1
    pressure, fatigue, ranked = _people(session, book, asked)
    weighted, heard = _weighted(session, book, here, asked)
    mentions = together(_of(book.mentions[book.month.token], here))
    labels = {key: words[spoken] for key, words in book.labels.items()}
    customers = _customers(session, book, here, asked)
    matrix = _matrix(mentions, here.scores(book.month).commented)
    facts = VoiceFacts(
        month=book.month,
        unit=asked.unit,
        edition=asked.edition,
        language=asked.language,
        scores=here.scores(book.month),
        before=former(book, here, book.before.token),
        year=former(book, here, book.year_ago.token),
        series=[(one.token, here.bands(one)) for one in book.months],
        marks=_marks(book, spoken),
        customers=customers,
        weighted=weighted,
        heard=heard,
        matrix=matrix,
        labels=labels,
        mentions=mentions,
        rising=_rising(book, here),
        answered=book.replies.answered(here.stores, asked.instant),
        come_back=book.replies.asked(here.stores),
        returning=book.replies.measured(here.stores, asked.instant),
        quotes=quotes(book, here, asked, most=MOST_QUOTES),
        cohort_month=book.cohort_month.token,
        cohort=here.cohort,
        delivered_known=asked.delivery_events,
        reasons=here.reasons,
        pressure=pressure,
        fatigue=fatigue,
        beside=beside(book, here),
        stores=_placed(book, here, asked),
        pages=pages(session, book, here, asked),
        followed=_followed(book, scope),
        former_mentions=together(_of(book.mentions[book.before.token], here)),
        national=_national(book, asked.language),
        goals=_goals(book, here, asked, customers),
        **_custscore(book, asked),
        closed=book.month.token in book.closed,
        **_corrected(book, here, asked.language),
    )
    advice, left = advise(session, Month(book, here, facts, ranked), asked)
    return voice_report(facts, advice, left)


def _of(by_store: Any, here: Here) -> list[Any]:
    return [by_store[store] for store in here.stores if store in by_store]


def _marks(book: Book, spoken: int) -> list[Marked]:
    return list(dict.fromkeys(Marked(month, _MARKS[one.what][spoken]) for month, one in book.marks))


def _customers(session: Any, book: Book, here: Here, asked: Asked) -> int | None:
    if here.alone:
        return book.customers.get(here.stores[0])
    return distinct.customers_answered(session, asked.reach, book.month)[0]


def _weighted(session: Any, book: Book, here: Here, asked: Asked) -> tuple[WeightedNps | None, Heard | None]:
    """SUR-10 over segments, and the segment that answers most for its size."""
    if here.alone:
        eligible = dict(book.eligible.get(here.stores[0], {}))
    else:
        eligible = distinct.customers_by_segment(session, asked.reach, book.month, zone=asked.zone)
    answers = together(_of(book.answers, here))
    names = sorted(eligible.keys() | answers.keys())
    strata = [Stratum(name, eligible.get(name, 0), answers.get(name, (0, 0, 0))) for name in names]
    found = weighted_nps(strata)
    people, n = sum(eligible.values()), sum(sum(row) for row in answers.values())
    if found is None or not people or not n:
        return None, None
    most = max(strata, key=lambda one: (one.n / n - one.eligible / people, one.name))
    heard = Heard(
        book.segments.get(most.name, most.name), half_away(100 * most.eligible, people), half_away(100 * most.n, n)
    )
    shown = {
        " + ".join(book.segments.get(part, part) for part in name.split("+")): weight
        for name, weight in found.weights.items()
    }
    return replace(found, weights=shown), heard if most.name else None


def _matrix(mentions: dict[str, Counts], commented: int) -> Matrix | None:
    return cx_matrix(mentions, commented=commented) if mentions and commented else None


def _rising(book: Book, here: Here) -> list[tuple[str, int, int, int, int]]:
    now, before = (add_counts(*_of(book.detractors[token], here)) for token in (book.month.token, book.before.token))
    n1, n0 = (here.scores(one).commented_detractors for one in (book.month, book.before))
    if not now or not n1 or not n0:
        return []
    counts = {label: (k1, before.get(label, 0)) for label, k1 in now.items()}
    return [(label, *_pair(counts[label], n1, n0)) for label in label_trend(counts, now=n1, before=n0).rising]


def _pair(counts: tuple[int, int], n1: int, n0: int) -> tuple[int, int, int, int]:
    return counts[0], n1, counts[1], n0


def _national(book: Book, language: str) -> list[tuple[str, str]]:
    """The action plans of the whole network that are open, with their dates, the latest first."""
    found = []
    for one in book.plans:
        if one.status == "open" and Scope.parse(one.scope).is_network and one.starts_on <= book.today:
            since = day_of_year(one.starts_on, language)
            until = day_of_year(one.due_on, language) if one.due_on else ""
            if language == "fr":
                said = f"depuis le {since}" + (f", échéance le {until}" if until else "")
            else:
                said = f"since {since}" + (f", due on {until}" if until else "")
            found.append((one.title, said))
    return found[:MOST_PLANS]


def _goals(book: Book, here: Here, asked: Asked, customers: int | None) -> dict[str, Aimed]:
    """The goals of the score of the month and of the response rate of the final cohort."""
    if not book.goals and not asked.goals:
        return {}
    view = View(book.month, asked.scope, book.today, asked.language)
    sums = {"nps": here.scores(book.month), "response_rate": here.cohort}
    facts = Facts(delivery_events=True, customers=customers)
    figures = {key: envelope(find(key), tally, view, facts) for key, tally in sums.items()}
    region = brand = ""
    if here.alone and here.stores[0] in book.placed.at:
        brand, region = book.placed.at[here.stores[0]]
    places = wider(asked.scope, region=region, brand=brand)
    found = {key: aim(figure, places, book.goals, asked.goals) for key, figure in figures.items() if figure.shown}
    return {key: one for key, one in found.items() if one is not None}


def _people(session: Any, book: Book, asked: Asked) -> tuple[Any, Any, Ranked | None]:
    """SOL-15 and SOL-19: they count people over a year, and are left out of a store's report."""
    if asked.edition == "store":
        return None, None, None
    question = Question(
        indicators=(find("pressure"), find("fatigue")),
        scope=asked.scope,
        reach=asked.reach,
        period=book.month,
        today=book.today,
        language=asked.language,
        delivery_events=asked.delivery_events,
        zone=asked.zone,
    )
    (group,) = measure(session, question)
    pressure, fatigue = group.figures
    p95 = pressure.facts.get("p95")
    shown = pressure.value is not None and isinstance(p95, int | float)
    tired = (fatigue.value, fatigue.ci_low, fatigue.ci_high)
    return (
        (pressure.value, float(str(p95))) if shown else None,
        tired if all(one is not None for one in tired) else None,
        group.facts.counted.ranked,
    )


def _placed(book: Book, here: Here, asked: Asked) -> list[Placed]:
    """The stores of a region or of the network, each among its own peers."""
    if asked.edition == "store":
        return []
    rows = []
    for store in here.stores:
        found = book.adjusted(store)
        if found is not None and found.n:
            bounds, counts = (found.ci_low, found.ci_high), book.peers[0][store].stores[store]
            rows.append(Placed(here.name(store), found.tier, found.value, bounds, counts))
    return rows


def _custscore(book: Book, asked: Asked) -> dict[str, Any]:
    """The score of the 30 days that end with the month, and the three items with most points still to win."""
    found = book.custscores.get(str(asked.scope))
    if found is None or found.value is None:
        return {}
    language = asked.language
    said = {"custscore": f"CustScore{chr(160) if language == 'fr' else ''}: {signed(found.value).lstrip('+')} / 100."}
    if found.version != 1 and not found.formula:
        return said
    score = score_of(found.points, formula_from_plain(found.formula))
    left = sorted(score.potentials.items(), key=lambda one: (-one[1], one[0]))[:3]
    items = ", ".join(
        f"{heading(f'custscore.{item}', language)} (+{decimal(n, 1, language)})" for item, n in left if n > 0
    )
    return {**said, "to_win": (f"À gagner : {items}." if language == "fr" else f"To win: {items}.",)} if items else said


def _followed(book: Book, scope: str) -> list[Told]:
    """What last month's report of the same stores recommended, and what became of it."""
    found = []
    for one in book.advised.get(scope, ()):
        status = book.followed.get((scope, str(one["rule"]), str(one["unit"])), "")
        found.append(Told(str(one["rule"]), str(one["unit"]), str(one["level"]), str(one["text"]), status))
    return found


def _corrected(book: Book, here: Here, language: str) -> dict[str, Any]:
    """When the closed month of these stores was last corrected, and what they had before; nothing if it was not."""
    kept = [book.kept[store] for store in here.stores if store in book.kept]
    revised = [one.revised_at for one in kept if one.revised_at is not None]
    if not revised:
        return {}
    on = day_of_year(local_date(max(revised), book.zone), language)
    return {"revised": on, "as_closed": None if here.cut else as_closed(kept)}
