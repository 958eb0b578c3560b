"""An express as the report that email, page and file show: its sections in their order, in words."""

from __future__ import annotations

from surveyor.core.indicators.measures import Said
from surveyor.core.periods import iso_week
from surveyor.core.quoting import french
from surveyor.core.reports.express import day_of_year
from surveyor.core.reports.headings import counted, heading
from surveyor.core.reports.report import Report, Section, Told
from surveyor.flows.write_express import Express, Tiers
from surveyor.flows.write_express.asked import Asked


def express_report(express: Express, asked: Asked) -> Report:
    """The sections that have something to say, in their order (indicators.md, 17)."""
    spoken = asked.language
    week = f"{day_of_year(express.week.first, spoken)} – {day_of_year(express.week.last, spoken)}"
    foot = f"{heading('foot', spoken)} {heading('trademark', spoken)}"
    sections: tuple[Section, ...] = ()
    if not express.quiet:
        sections = tuple(one for one in _sections(express, spoken) if one.says)
    return Report(
        kind="express",
        edition=asked.edition,
        language=spoken,
        period=iso_week(express.week.first),
        unit=asked.unit,
        subject=spaced(express.subject, spoken),
        about=f"{asked.unit} · {week}",
        lead=heading("quiet", spoken) if express.quiet else spaced(express.banner, spoken),
        sections=sections,
        advice=() if express.quiet else tuple(_told(one, spoken) for one in express.recommendations),
        closing="" if express.quiet else spaced(express.closing, spoken),
        foot=foot,
        quiet=express.quiet,
    )


def _sections(express: Express, spoken: str) -> tuple[Section, ...]:
    return (
        Section(
            "todo",
            heading("express.todo", spoken),
            tuple(filter(None, (spaced(express.to_read, spoken),))),
            quotes=express.detractors,
        ),
        Section("said", heading("express.said", spoken), quotes=express.latest),
        Section("collected", heading("express.collected", spoken), (spaced(express.collection, spoken),)),
        Section("health", heading("express.health", spoken), express.health),
        tiers_section(express.tiers, spoken),
    )


def tiers_section(tiers: Tiers | None, spoken: str) -> Section:
    """Stores by tier, by name inside one, and how many have too few answers for one."""
    if tiers is None:
        return Section("stores", "")
    rows = []
    for placed in tiers.stores.values():
        for name, figure in placed:
            words = figure.facts["words"]
            assert isinstance(words, Said)
            score = counted("adjusted", int(figure.n), spoken, value=figure.display)
            rows.append((name, f"{words.by(spoken)} · {score}"))
    few = (counted("unranked", tiers.unranked, spoken),) if tiers.unranked else ()
    return Section("stores", heading(f"stores.{tiers.period}", spoken), few, rows=tuple(rows))


def _told(one: Told, spoken: str) -> Told:
    return Told(one.rule, one.unit, one.level, spaced(one.text, spoken))


def spaced(text: str, spoken: str) -> str:
    """French has its no-break spaces; what customers wrote stays as they wrote it."""
    return french(text) if spoken == "fr" else text
