"""An express in the words of its page and of its files: one view for the browser, the HTML file and the text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from surveyor.core.indicators.measures import Said
from surveyor.core.quoting import french
from surveyor.core.reports.recommendations import LEVEL_WORDS
from surveyor.flows.write_express import Express
from surveyor.flows.write_express import Words as Verbatim
from surveyor.shipped import shipped
from surveyor.web.texts import say

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_COLON = {"fr": "\u00a0: ", "en": ": "}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it: sentences, then words of customers, then stores by tier."""

    title: str
    sentences: tuple[str, ...] = ()
    words: tuple[tuple[int, str, str], ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The report as it is read; `about`: which week and which stores; `foot`: what it can and cannot say."""

    subject: str
    about: str
    lead: str
    sections: tuple[Section, ...]
    closing: str
    foot: str
    language: str


def written(express: Express, *, unit: str, language: str) -> Written:
    """The sections that have something to say, in their order (indicators.md, 17)."""
    t = partial(say, language)
    week = f"{_day(express.week.first, language)} – {_day(express.week.last, language)}"
    if express.quiet:
        foot = t("reports.express.foot")
        subject = _spaced(express.subject, language)
        return Written(subject, f"{unit} · {week}", t("reports.express.quiet"), (), "", foot, language)
    sections = (
        Section(
            t("reports.express.read"),
            tuple(filter(None, (express.to_read,))),
            tuple(_words(one, language) for one in express.detractors),
        ),
        Section(t("reports.express.said"), (), tuple(_words(one, language) for one in express.latest)),
        Section(t("reports.express.collected"), (_spaced(express.collection, language),)),
        _stores(express, language),
        Section(t("reports.express.advice"), tuple(_advice(express, language))),
    )
    kept = tuple(one for one in sections if one.sentences or one.words or one.rows)
    return Written(
        _spaced(express.subject, language),
        f"{unit} · {week}",
        _spaced(express.banner, language),
        kept,
        _spaced(express.closing, language),
        t("reports.express.foot"),
        language,
    )


def _spaced(text: str, language: str) -> str:
    """French has its no-break spaces; what customers wrote stays as they wrote it."""
    return french(text) if language == "fr" else text


def as_html(report: Written) -> str:
    """A file that stands alone: no script, no style sheet, nothing of anybody else."""
    files = FileSystemLoader(str(shipped("templates")))
    page = Environment(loader=files, autoescape=True, undefined=StrictUndefined)
    return page.get_template("reports/express_file.html").render(r=report)


def as_text(report: Written) -> str:
    """The same in plain text, lines as long as they are."""
    lines = [report.subject, report.about, "", report.lead, ""]
    for section in report.sections:
        lines += [section.title.upper(), *section.sentences]
        lines += [f"- {score}/10 {text} ({about})" for score, text, about in section.words]
        lines += [f"- {name}{_COLON[report.language]}{place}" for name, place in section.rows]
        lines.append("")
    lines += [line for line in (report.closing, "", report.foot) if line or lines[-1]]
    return "\n".join(lines).rstrip() + "\n"


def _words(one: Verbatim, language: str) -> tuple[int, str, str]:
    return one.score, one.text, f"{one.store}, {_day(one.day, language)}"


def _stores(express: Express, language: str) -> Section:
    """Stores by tier, and how many have too few answers for one."""
    t = partial(say, language)
    tiers = express.tiers
    if tiers is None:
        return Section("")
    rows = []
    for stores in tiers.stores.values():
        for name, figure in stores:
            words = figure.facts["words"]
            assert isinstance(words, Said)
            score = t("reports.express.adjusted", value=figure.display, n=figure.n)
            rows.append((name, f"{words.by(language)} · {score}"))
    few = (t("reports.express.unranked", n=tiers.unranked),) if tiers.unranked else ()
    return Section(t(f"reports.stores.{tiers.period}"), few, rows=tuple(rows))


def _advice(express: Express, language: str) -> list[str]:
    spoken = 0 if language == "fr" else 1
    return [
        f"{LEVEL_WORDS[one.level][spoken]}{_COLON[language]}{_spaced(one.text, language)}"
        for one in express.recommendations
    ]


def _day(day: date, language: str) -> str:
    return str(format_date(day, "d MMMM y", locale=LOCALES[language]))
