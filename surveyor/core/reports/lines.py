"""A report as the named lines of its email: plain strings, "" where it has nothing to say (email.md, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surveyor.core.reports.mail_charts import histogram_bars, trend_bars
from surveyor.core.reports.recommendations import LEVEL_WORDS, Level
from surveyor.core.reports.report import Quote, Report, Section
from surveyor.core.rounding import signed
from surveyor.core.templates.report_fields import MOST_ADVICE, MOST_ESSENTIAL, MOST_READ, MOST_SAID, MOST_WORDS

_COLON = {"fr": "\u00a0: ", "en": ": "}
_QUOTED = {"fr": "{score}/10 «\u00a0{text}\u00a0» — {about}", "en": "{score}/10 “{text}” — {about}"}


def lines_of(report: Report) -> dict[str, str]:
    """The lines of a report of any kind."""
    return voice_lines(report) if report.kind == "voice" else express_lines(report)


def express_lines(report: Report) -> dict[str, str]:
    """The lines of the weekly report; every name of `EXPRESS`."""
    todo, said, health = report.section("todo"), report.section("said"), report.section("health")
    return {
        **_common(report),
        "todo_title": todo.title,
        "todo": " ".join(todo.sentences),
        **numbered("todo", [quoted(one, report.language) for one in todo.quotes], MOST_READ),
        "said_title": said.title,
        "said": " ".join(said.sentences),
        **numbered("said", [quoted(one, report.language) for one in said.quotes], MOST_SAID),
        "collected_title": report.section("collected").title,
        "collected": " ".join(report.section("collected").sentences),
        "health_title": health.title,
        **numbered("health", health.sentences, 4),
        **store_lines(report.section("stores"), report.language),
        **advice_lines(report),
    }


def voice_lines(report: Report) -> dict[str, str]:
    """The lines of the monthly report; every name of `VOICE`. A chart is said as its numbers."""
    language, section = report.language, report.section
    essential, matters, collection = section("essential"), section("matters"), section("collection")
    comparison, method = section("comparison"), section("method")
    beside = comparison.sentences if report.edition == "store" else ()
    few = () if beside else comparison.sentences
    return {
        **_common(report),
        "essential_title": essential.title,
        **numbered("essential", essential.sentences, MOST_ESSENTIAL),
        **_split_lines(section("split"), language),
        "matters_title": matters.title,
        **numbered("matters", matters.sentences, 3),
        **numbered("quadrant", _pairs(matters, language), 4),
        **numbered("said", [quoted(one, language) for one in matters.quotes], MOST_WORDS),
        "dislikes_title": section("dislikes").title,
        "dislikes": ", ".join(f"{name} ({said})" for name, said in section("dislikes").rows),
        "likes_title": section("likes").title,
        "likes": ", ".join(f"{name} ({said})" for name, said in section("likes").rows),
        "replies_title": section("replies").title,
        "replies": " ".join(section("replies").sentences),
        "collection_title": collection.title,
        **numbered("collection", collection.sentences, 3),
        "reasons": (" ; " if language == "fr" else "; ").join(_pairs(collection, language)),
        **store_lines(replace(comparison, sentences=few), language),
        "beside": " ".join(beside),
        **advice_lines(report),
        "follow_title": section("follow").title,
        **numbered("follow", [f"{text} → {status}" for text, status in section("follow").rows], 3),
        "plans_title": section("plans").title,
        **numbered("plans", _pairs(section("plans"), language), 3),
        "method_title": method.title,
        "method": " ".join(method.sentences),
    }


def _pairs(section: Section, language: str) -> list[str]:
    return [f"{name}{_COLON[language]}{said}" for name, said in section.rows]


def _split_lines(section: Section, language: str) -> dict[str, str]:
    """The three shares, and the line of the trend month by month: hidden scores are left out."""
    found = {"split_title": section.title, "trend": ""}
    for name in ("promoter", "passive", "detractor"):
        bar = next((one for one in section.bars if one.tone == name), None)
        found[f"{name}s"] = "" if bar is None else f"{bar.name}{_COLON[language]}{bar.said}"
        found[f"{name}s_share"] = "" if bar is None else str(bar.length // 10)
    drawn = {drawing["kind"]: drawing for drawing in section.drawings}
    if "trend" in drawn:
        points = [one for one in drawn["trend"]["points"] if one["value"] is not None]
        line = " · ".join(f"{one['label']} {signed(one['value'])} (n = {one['n']})" for one in points)
        found["trend"] = " ".join([line, *(f"- {said}" for said in section.sentences)])
    return {**found, **trend_bars(drawn.get("trend")), **histogram_bars(drawn.get("histogram"))}


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
    lines = [f"{LEVEL_WORDS[Level(one.level)][said]}{_COLON[report.language]}{one.whole}" for one in report.advice]
    title = ("Recommandations", "Recommendations")[said] if lines else ""
    return {"advice_title": title, **numbered("advice", lines, MOST_ADVICE)}


def numbered(name: str, lines: Sequence[str], most: int) -> dict[str, str]:
    """name1, name2…: the first `most` lines, "" for those that are not there."""
    return {f"{name}{n + 1}": lines[n] if n < len(lines) else "" for n in range(most)}


def quoted(one: Quote, language: str) -> str:
    """A customer's words on a line: the score, what was said, where and when."""
    template = _QUOTED["fr" if language == "fr" else "en"]
    return template.format(score=one.score, text=one.text, about=one.about)
