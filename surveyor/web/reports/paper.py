"""A report as a PDF: typeset by typst in a process of its own, two at a time, with a memory of its own."""

from __future__ import annotations

import json
import subprocess  # a typesetter of its own, with limits
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from surveyor.core.reports.drawing import about, svg
from surveyor.core.reports.headings import heading
from surveyor.core.reports.report import Report, Section
from surveyor.errors import Complaint, Refused
from surveyor.shipped import shipped
from surveyor.web.reports.files import level
from surveyor.web.texts import say

SECONDS = 20
CHILD = Path(__file__).with_name("typeset.py")
_AT_ONCE = BoundedSemaphore(2)


def can_print() -> bool:
    """Whether the extra `pdf` is installed."""
    return find_spec("typst") is not None


def as_pdf(report: Report, *, ready: Callable[[], bool] = can_print) -> bytes:
    """The report on A4. ready: whether the extra is there.

    Refused: `pdf_missing` (503), it is not; `pdf_failed` (500).
    """
    if not ready():
        raise Refused([_missing()], status=503)
    given = json.dumps({"template": str(shipped("templates") / "reports" / "report.typ"), "report": _plain(report)})
    with _AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-I", str(CHILD)],
                input=given.encode(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Refused([_failed()], status=500) from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        raise Refused([_failed()], status=500)
    return done.stdout


def drawn(section: Section, language: str) -> list[dict[str, str]]:
    """The charts of a section as the page draws them, with what they show in words."""
    return [{"svg": svg(one, about(one, language)), "about": about(one, language)} for one in section.drawings]


def _plain(report: Report) -> str:
    """The report as the template reads it: its charts drawn, its levels in words, what was erased said."""
    plain: dict[str, Any] = asdict(replace(report, sections=(), pages=()))
    gone = say(report.language, "reports.erased")
    plain["sections"] = [_section(one, report.language, gone) for one in report.sections]
    plain["pages"] = [_section(one, report.language, gone) for one in report.pages]
    plain["advice"] = [
        {"level": level(one, report.language), "text": one.text, "unknown": one.unknown} for one in report.advice
    ]
    plain["advice_title"] = heading(f"{report.kind}.advice", report.language)
    return json.dumps(plain, ensure_ascii=False)


def _section(one: Section, language: str, gone: str) -> dict[str, Any]:
    return {
        **asdict(replace(one, drawings=(), quotes=())),
        "quotes": [{**asdict(quote), "text": quote.text or gone} for quote in one.quotes],
        "svgs": drawn(one, language),
    }


def _missing() -> Complaint:
    return Complaint(
        "pdf",
        "pdf_missing",
        "Le PDF demande l'extra pdf\u00a0: `pip install 'surveyor[pdf]'`. Le HTML et le texte n'en ont pas besoin.",
        "The PDF needs the extra pdf: `pip install 'surveyor[pdf]'`. HTML and text do without it.",
    )


def _failed() -> Complaint:
    return Complaint(
        "pdf",
        "pdf_failed",
        "Ce rapport n'a pas pu être mis en page. Lisez-le en ligne, et signalez-le.",
        "This report could not be typeset. Read it online, and report it.",
    )
