"""Runs written cases through the calculations and says each difference; the format is that of indicators.md, 20."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from surveyor.core.indicators.trial import (
    comparisons,
    composites,
    customers,
    display,
    files,
    reports,
    reviews,
    solicitation,
    statistics,
    survey,
)
from surveyor.errors import Complaint, Refused, SurveyorError

Inputs = Mapping[str, Any]
Calculation = Callable[[Inputs], Mapping[str, object]]
#: Bytes of a file named by a case, relative to the case file; None when it is not there.
Read = Callable[[str], bytes | None]

CALCULATIONS: dict[str, Calculation] = {
    **display.CALCULATIONS,
    **statistics.CALCULATIONS,
    **survey.CALCULATIONS,
    **comparisons.CALCULATIONS,
    **solicitation.CALCULATIONS,
    **reviews.CALCULATIONS,
    **composites.CALCULATIONS,
    **customers.CALCULATIONS,
    **reports.CALCULATIONS,
}
FILE_CALCULATION = "response_file"
NAMES = (*CALCULATIONS, FILE_CALCULATION)
#: What a calculation raises when the inputs of a case are not what it takes.
UNREADABLE = (SurveyorError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Difference:
    """One name of `expected` and what came instead; `got` is the reason when the case could not be run."""

    name: str
    expected: object
    got: object

    def sentence(self, language: str) -> str:
        """ "value: expected 5, got 6", in "fr" or English."""
        if language == "fr":
            return f"{self.name} : attendu {self.expected!r}, obtenu {self.got!r}"
        return f"{self.name}: expected {self.expected!r}, got {self.got!r}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """verdict: `passed`, `failed`, `unknown` (no calculation of this name: counts as failed) or `skipped` (no file)."""

    case_id: str
    calculation: str
    verdict: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What the last line says. Skipped cases are counted neither way."""

    passed: int
    failed: int
    skipped: int

    @staticmethod
    def of(outcomes: Sequence[Outcome]) -> Summary:
        """Counts of a run."""
        verdicts = [outcome.verdict for outcome in outcomes]
        failed = verdicts.count("failed") + verdicts.count("unknown")
        return Summary(verdicts.count("passed"), failed, verdicts.count("skipped"))

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


def try_indicators(document: object, *, read: Read | None = None) -> list[Outcome]:
    """The outcome of each case of a document, in its order.

    Raises:
        Refused: `cases_invalid`, the document is not a list of cases.
    """
    if not isinstance(document, list):
        raise Refused([_not_cases("")])
    wrong = [place for place, case in enumerate(document) if not _is_case(case)]
    if wrong:
        raise Refused([_not_cases(f"/{place}") for place in wrong[:20]])
    return [_run(case, read) for case in document]


def _is_case(case: object) -> bool:
    return (
        isinstance(case, dict)
        and all(isinstance(case.get(name), str) for name in ("id", "indicator"))
        and all(isinstance(case.get(name), dict) for name in ("inputs", "expected"))
        and isinstance(case.get("tolerance", 0), int | float)
    )


def _not_cases(where: str) -> Complaint:
    return Complaint(
        where,
        "cases_invalid",
        "Un fichier de cas est une liste d'objets {id, indicator, inputs, expected, tolerance, note}.",
        "A case file is a list of objects {id, indicator, inputs, expected, tolerance, note}.",
    )


def _run(case: Mapping[str, Any], read: Read | None) -> Outcome:
    name = case["indicator"]
    try:
        result = _calculate(name, case["inputs"], read)
    except UNREADABLE as error:
        reason = f"{type(error).__name__}: {error}"
        return Outcome(case["id"], name, "failed", (Difference("inputs", "inputs of the calculation", reason),))
    if isinstance(result, str):
        hint = get_close_matches(name, NAMES, n=1) if result == "unknown" else []
        shown = (Difference("indicator", hint[0] if hint else "a known calculation", name),)
        return Outcome(case["id"], name, result, shown if result == "unknown" else ())
    differences = tuple(_compare("", case["expected"], result, float(case.get("tolerance", 0))))
    return Outcome(case["id"], name, "failed" if differences else "passed", differences)


def _calculate(name: str, inputs: Inputs, read: Read | None) -> Mapping[str, object] | str:
    if name == FILE_CALCULATION:
        body = read(inputs["file"]) if read is not None else None
        return "skipped" if body is None else files.response_file(inputs, body)
    calculation = CALCULATIONS.get(name)
    return "unknown" if calculation is None else calculation(inputs)


def _compare(name: str, expected: object, got: object, tolerance: float) -> list[Difference]:
    """Every name of `expected` must be in `got`, more may be; lists have the same length."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        found: list[Difference] = []
        for key, value in expected.items():
            place = f"{name}.{key}" if name else str(key)
            if key not in got:
                found.append(Difference(place, value, "nothing"))
            else:
                found += _compare(place, value, got[key], tolerance)
        return found
    if isinstance(expected, list) and isinstance(got, list | tuple):
        if len(expected) != len(got):
            return [Difference(name, expected, got)]
        pairs = enumerate(zip(expected, got, strict=True))
        return [one for place, (a, b) in pairs for one in _compare(f"{name}[{place}]", a, b, tolerance)]
    return [] if _same(expected, got, tolerance) else [Difference(name, expected, got)]


def _same(expected: object, got: object, tolerance: float) -> bool:
    if isinstance(expected, bool) or isinstance(got, bool) or expected is None or got is None:
        return expected is got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return abs(expected - got) <= tolerance
    return type(expected) is type(got) and expected == got
