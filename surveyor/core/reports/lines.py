"""A report as the named lines of its email: plain strings, "" where it has nothing to say (email.md, 4)."""

from __future__ import annotations

from collections.abc import Sequence

from surveyor.core.reports.recommendations import LEVEL_WORDS, Level
from surveyor.core.reports.report import Quote, Report, Section
from surveyor.core.templates.report_fields import MOST_ADVICE, MOST_READ, MOST_SAID

_COLON = {"fr": "\u00a0: ", "en": ": "}
_QUOTED = {"fr": "{score}/10 «\u00a0{text}\u00a0» — {about}", "en": "{score}/10 “{text}” — {about}"}


def lines_of(report: Report) -> dict[str, str]:
    """The lines of a report of any kind."""
    return express_lines(report)


def express_lines(report: Report) -> dict[str, str]:
    """The lines of the weekly report; every name of `EXPRESS`."""
    todo, said, health = report.section("todo"), report.section("said"), report.section("health")
    return {
        **_common(report),
        "todo_title": todo.title,
        "todo": " ".join(todo.sentences),
        **numbered("todo", [quoted(one, report.language) for one in todo.quotes], MOST_READ),
        "said_title": said.title,
        **numbered("said", [quoted(one, report.language) for one in said.quotes], MOST_SAID),
        "collected_title": report.section("collected").title,
        "collected": " ".join(report.section("collected").sentences),
        "health_title": health.title,
        **numbered("health", health.sentences, 4),
        **store_lines(report.section("stores"), report.language),
        **advice_lines(report),
    }


def _common(report: Report) -> dict[str, str]:
    return {
        "subject": report.subject,
        "period": report.period,
        "scope": report.unit,
        "about": report.about,
        "lead": report.lead,
        "notice": report.notice,
        "closing": report.closing,
        "foot": report.foot,
    }


def store_lines(section: Section, language: str) -> dict[str, str]:
    """Stores by tier as one line a tier, by name; the words of the tier are said once."""
    tiers: dict[str, list[str]] = {}
    for name, place in section.rows:
        words, _, score = place.partition(" · ")
        tiers.setdefault(words, []).append(f"{name} ({score})" if score else name)
    lines = [f"{words[:1].upper()}{words[1:]}{_COLON[language]}{', '.join(names)}" for words, names in tiers.items()]
    placed = numbered("tier", lines, 3)
    return {
        "stores_title": section.title,
        "above": placed["tier1"],
        "average": placed["tier2"],
        "below": placed["tier3"],
        "unranked": " ".join(section.sentences),
    }


def advice_lines(report: Report) -> dict[str, str]:
    """At most three recommendations, each with how sure it is."""
    said = 0 if report.language == "fr" else 1
    lines = [f"{LEVEL_WORDS[Level(one.level)][said]}{_COLON[report.language]}{one.text}" for one in report.advice]
    title = ("Recommandations", "Recommendations")[said] if lines else ""
    return {"advice_title": title, **numbered("advice", lines, MOST_ADVICE)}


def numbered(name: str, lines: Sequence[str], most: int) -> dict[str, str]:
    """name1, name2…: the first `most` lines, "" for those that are not there."""
    return {f"{name}{n + 1}": lines[n] if n < len(lines) else "" for n in range(most)}


def quoted(one: Quote, language: str) -> str:
    """A customer's words on a line: the score, what was said, where and when."""
    template = _QUOTED["fr" if language == "fr" else "en"]
    return template.format(score=one.score, text=one.text, about=one.about)
