"""A report as files that stand alone: HTML and plain text, for those who read it outside of the screens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from surveyor.core.reports.drawing import NARROW, about, svg
from surveyor.core.reports.headings import heading
from surveyor.core.reports.recommendations import LEVEL_WORDS, Level
from surveyor.core.reports.report import Report, Told
from surveyor.shipped import shipped

COLON = {"fr": "\u00a0: ", "en": ": "}


def as_html(report: Report) -> str:
    """A file that stands alone: no script, no style sheet, nothing of anybody else."""
    return _file().render(r=report)


@cache
def _file() -> Template:
    """Compiled once."""
    files = FileSystemLoader(str(shipped("templates")))
    page = Environment(loader=files, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.globals.update(level=level, heading=heading, draw=draw, about=about)
    return page.get_template("reports/file.html")


def draw(drawing: Mapping[str, Any], language: str) -> Markup:
    """A chart as SVG, wide and for telephones, of which a page shows one; what somebody typed is escaped in it."""
    shown = about(drawing, language)
    wide, narrow = svg(drawing, shown), svg(drawing, shown, width=NARROW)
    both = f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>'
    return Markup(both)  # noqa: S704 - core/reports/drawing.py escapes its words


def as_text(report: Report) -> str:
    """The same in plain text, lines as long as they are."""
    lines = [report.subject, report.about, "", report.lead, ""]
    if report.notice:
        lines += [report.notice, ""]
    for section in report.sections:
        if section.key == "method":
            lines += _advice(report)
        lines += [section.title.upper(), *section.sentences]
        lines += [f"- {bar.name}{COLON[report.language]}{bar.said}" for bar in section.bars]
        lines += [f"- {name}{COLON[report.language]}{place}" for name, place in section.rows]
        lines += [f"- {one.score}/10 {one.text} ({one.about})" for one in section.quotes]
        lines.append("")
    if not report.section("method").says:
        lines += _advice(report)
    for page in report.pages:
        lines += [page.title.upper(), *page.sentences]
        lines += [f"- {bar.name}{COLON[report.language]}{bar.said}" for bar in page.bars]
        lines += [f"- {name}{COLON[report.language]}{said}" for name, said in page.rows]
        lines += [f"- {one.score}/10 {one.text} ({one.about})" for one in page.quotes]
        lines.append("")
    if report.team is not None:
        lines += [report.team.title.upper()]
        lines += [f"- {bar.name}{COLON[report.language]}{bar.said}" for bar in report.team.bars]
        lines += [f"- {name}{COLON[report.language]}{place}" for name, place in report.team.rows]
        lines.append("")
    lines += [line for line in (report.closing, "", report.foot) if line or lines[-1]]
    return "\n".join(lines).rstrip() + "\n"


def _advice(report: Report) -> list[str]:
    """The recommendations, before the method of a report that tells its own."""
    if not report.advice:
        return []
    said = [f"{level(one, report.language)}{COLON[report.language]}{one.whole}" for one in report.advice]
    return [heading(f"{report.kind}.advice", report.language).upper(), *said, ""]


def level(one: Told, language: str) -> str:
    """How sure a recommendation is, in its one word."""
    return LEVEL_WORDS[Level(one.level)][0 if language == "fr" else 1]
