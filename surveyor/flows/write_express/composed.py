"""An express as the report that email, page and file show: its sections in their order, in words."""

from __future__ import annotations

from dataclasses import replace

from surveyor.core.indicators.measures import Said
from surveyor.core.periods import iso_week
from surveyor.core.quoting import french
from surveyor.core.reports.express import days
from surveyor.core.reports.headings import counted, heading
from surveyor.core.reports.report import Report, Section, Told
from surveyor.flows.write_express import Express, Tiers
from surveyor.flows.write_express.asked import Asked


def express_report(express: Express, asked: Asked) -> Report:
    """The sections that have something to say, in their order (indicators.md, 17)."""
    spoken = asked.language
    foot = f"{heading('foot', spoken)} {heading('trademark', spoken)}"
    sections: tuple[Section, ...] = ()
    if not express.quiet:
        sections = tuple(one for one in _sections(express, asked) if one.says)
    return Report(
        kind="express",
        edition=asked.edition,
        language=spoken,
        period=iso_week(express.week.first),
        unit=asked.unit,
        subject=spaced(express.subject, spoken),
        about=f"{asked.unit} · {days(express.week, spoken)}",
        lead=heading("quiet", spoken) if express.quiet else spaced(express.banner, spoken),
        sections=sections,
        advice=() if express.quiet else tuple(_told(one, spoken) for one in express.recommendations),
        closing="" if express.quiet else spaced(express.closing, spoken),
        foot=foot,
        quiet=express.quiet,
    )


def _sections(express: Express, asked: Asked) -> tuple[Section, ...]:
    spoken = asked.language
    return (
        Section(
            "todo",
            heading("express.todo", spoken),
            tuple(filter(None, (spaced(express.to_read, spoken),))),
            quotes=express.detractors,
        ),
        Section(
            "said",
            heading("express.said" if express.latest else "express.mentioned", spoken),
            tuple(filter(None, (spaced(express.mentioned, spoken),))),
            quotes=express.latest,
        ),
        Section("collected", heading("express.collected", spoken), (spaced(express.collection, spoken),)),
        Section("health", heading("express.health", spoken), express.health),
        tiers_section(express.tiers, spoken, short=asked.edition in ("support", "network")),
    )


def tiers_section(tiers: Tiers | None, spoken: str, *, short: bool = False) -> Section:
    """Stores by tier, by name inside one, and how many have too few answers for one.

    short: those in line with their peers are counted and not named: a network has dozens of them.
    """
    if tiers is None:
        return Section("stores", "")
    rows = []
    said = []
    for tier, placed in tiers.stores.items():
        if short and tier == "average":
            said.append(counted("in_line", len(placed), spoken))
            continue
        for name, figure in placed:
            words = figure.facts["words"]
            assert isinstance(words, Said)
            score = counted("adjusted", int(figure.n), spoken, value=figure.display, interval=figure.interval)
            rows.append((name, f"{words.by(spoken)} · {score}"))
    said += [counted("unranked", tiers.unranked, spoken)] if tiers.unranked else []
    return Section("stores", heading(f"stores.{tiers.period}", spoken), tuple(said), rows=tuple(rows))


def _told(one: Told, spoken: str) -> Told:
    return replace(one, text=spaced(one.text, spoken), unknown=spaced(one.unknown, spoken))


def spaced(text: str, spoken: str) -> str:
    """French has its no-break spaces; what customers wrote stays as they wrote it."""
    return french(text) if spoken == "fr" else text
