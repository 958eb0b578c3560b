"""The formula of a CustScore: coefficients, targets and least coverage, as `indicators.toml` and the screen write them.

`[custscore]` of the design (indicators.md, 12). What is not written stays ours: version 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any

from surveyor.core.custscore import MIN_COVERAGE, is_coefficient
from surveyor.core.custscore_items import COEFFICIENTS, HIGHEST, LOWEST, NORMALISERS, PARAMETERS, SETTINGS, Setting
from surveyor.core.quoting import french, shown
from surveyor.core.toml import section
from surveyor.errors import Complaint, Refused

FILE = "indicators.toml"
MISSING = ("reweight", "zero")


@dataclass(frozen=True, slots=True)
class Formula:
    """What differs from ours: coefficients and settings by item, items that earn 0 when missing. Number 1 without
    changes is ours. min_coverage: 0..1 of the weight. at: when a person made it; None for ours and for a file's.
    """

    number: int = 1
    coefficients: Mapping[str, int] = field(default_factory=dict)
    zero_if_missing: tuple[str, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    min_coverage: float = MIN_COVERAGE
    why: str = ""
    at: datetime | None = None

    def coefficient(self, item: str) -> int:
        """Its weight, 8..13."""
        return self.coefficients.get(item, COEFFICIENTS[item])

    def setting(self, item: str) -> Setting:
        """How it becomes points."""
        return self.settings.get(item, SETTINGS[item])

    def to_plain(self) -> dict[str, Any]:
        """What a version keeps of it."""
        settings = {item: {"normaliser": one.normaliser, **one.values} for item, one in sorted(self.settings.items())}
        return {
            "coefficients": dict(self.coefficients),
            "zero_if_missing": sorted(self.zero_if_missing),
            "settings": settings,
            "min_coverage": self.min_coverage,
        }


OURS = Formula()


def formula_from_plain(body: Mapping[str, Any], **about: Any) -> Formula:
    """The formula of `to_plain`; about: number, why and at."""
    settings = {
        str(item): Setting(str(one["normaliser"]), {name: one[name] for name in PARAMETERS[one["normaliser"]]})
        for item, one in dict(body.get("settings", {})).items()
    }
    return Formula(
        coefficients={str(item): int(value) for item, value in dict(body.get("coefficients", {})).items()},
        zero_if_missing=tuple(body.get("zero_if_missing", ())),
        settings=settings,
        min_coverage=float(body.get("min_coverage", MIN_COVERAGE)),
        **about,
    )


def read_formula(text: str) -> Formula:
    """The formula of a text of `indicators.toml`; ours where it says nothing.

    Raises:
        Refused: `toml_invalid`, `field_unknown`, `field_value`: everything that is wrong, with where it stands.
    """
    table = section(text, "custscore", file=FILE)
    wrong: list[Complaint] = []
    if not isinstance(table, dict):
        raise Refused([wrong_value(f"{FILE} custscore", table, "une table", "a table")])
    where = f"{FILE} [custscore]"
    _known(table, ("version", "min_coverage", "items"), where, wrong)
    number = table.get("version", 1)
    if not _whole(number) or number < 1:
        wrong.append(wrong_value(f"{where} version", number, "un entier à partir de 1", "a whole number from 1 on"))
        number = 1
    coverage = check_coverage(table.get("min_coverage", MIN_COVERAGE), f"{where} min_coverage", wrong)
    items = table.get("items", {})
    if not isinstance(items, dict):
        wrong.append(wrong_value(f"{where} items", items, "des tables", "tables"))
        items = {}
    read = _Items(wrong)
    for name, one in items.items():
        read.take(name, one)
    if wrong:
        raise Refused(wrong)
    zero = tuple(sorted(read.zero))
    return Formula(number, read.coefficients, zero, read.settings, coverage, why=FILE if table else "")


class _Items:
    """The items of a file, read one by one."""

    def __init__(self, wrong: list[Complaint]) -> None:
        self.wrong = wrong
        self.coefficients: dict[str, int] = {}
        self.settings: dict[str, Setting] = {}
        self.zero: set[str] = set()

    def take(self, name: str, table: Any) -> None:
        where = f"{FILE} [custscore.items.{name}]"
        if name not in COEFFICIENTS:
            self.wrong.append(unknown(where, name, tuple(COEFFICIENTS)))
            return
        if not isinstance(table, dict):
            self.wrong.append(wrong_value(where, table, "une table", "a table"))
            return
        coefficient = table.get("coefficient", COEFFICIENTS[name])
        if not is_coefficient(coefficient):
            said = (f"un entier de {LOWEST} à {HIGHEST}", f"a whole number from {LOWEST} to {HIGHEST}")
            self.wrong.append(wrong_value(f"{where} coefficient", coefficient, *said))
        elif coefficient != COEFFICIENTS[name]:
            self.coefficients[name] = coefficient
        missing = table.get("if_missing", MISSING[0])
        if missing not in MISSING:
            self.wrong.append(wrong_value(f"{where} if_missing", missing, "reweight ou zero", "reweight or zero"))
        elif missing == "zero":
            self.zero.add(name)
        self._setting(name, table, where)

    def _setting(self, name: str, table: Mapping[str, Any], where: str) -> None:
        ours = SETTINGS[name]
        normaliser = table.get("normaliser", ours.normaliser)
        if not isinstance(normaliser, str) or normaliser not in NORMALISERS:
            self.wrong.append(unknown(f"{where} normaliser", str(normaliser), tuple(NORMALISERS)))
            return
        _known(table, ("coefficient", "normaliser", "if_missing", *PARAMETERS[normaliser]), where, self.wrong)
        first = dict(ours.values) if normaliser == ours.normaliser else {}
        values = {key: table.get(key, first.get(key)) for key in PARAMETERS[normaliser]}
        setting = check_setting(normaliser, values, where, self.wrong)
        if setting is not None and setting != ours:
            self.settings[name] = setting


def check_setting(normaliser: str, values: Mapping[str, Any], where: str, wrong: list[Complaint]) -> Setting | None:
    """A setting that can give points; None with what is wrong added to `wrong`."""
    before = len(wrong)
    for key, value in values.items():
        if not _number(value):
            wrong.append(wrong_value(f"{where} {key}", value, "un nombre", "a number"))
    if len(wrong) > before:
        return None
    if normaliser == "linear" and not values["low"] < values["high"]:
        wrong.append(wrong_value(f"{where} low", values["low"], "moins que high", "less than high"))
    if normaliser == "inverse_linear" and not values["best"] < values["worst"]:
        wrong.append(wrong_value(f"{where} best", values["best"], "moins que worst", "less than worst"))
    if normaliser == "ratio_to_target" and not values["target"] > 0:
        wrong.append(wrong_value(f"{where} target", values["target"], "plus que 0", "more than 0"))
    return None if len(wrong) > before else Setting(normaliser, dict(values))


def check_coverage(value: Any, where: str, wrong: list[Complaint]) -> float:
    """A share from 0 to 1; ours with what is wrong added to `wrong`."""
    if _number(value) and 0 <= value <= 1:
        return float(value)
    wrong.append(wrong_value(where, value, "une part de 0 à 1", "a share from 0 to 1"))
    return MIN_COVERAGE


def wrong_value(where: str, value: Any, fr: str, en: str) -> Complaint:
    """What was given, and what is expected."""
    said = shown(str(value))
    french_ = french(f"{where} : {said} n'est pas accepté. Attendu : {fr}.")
    return Complaint(where, "field_value", french_, f"{where}: {said} is not accepted. Expected: {en}.")


def unknown(where: str, name: str, names: tuple[str, ...]) -> Complaint:
    """A name that is none of ours, with the closest."""
    said, close = shown(name), next(iter(get_close_matches(name, names, n=1)), "")
    fr, en = f"{where} : {said} est inconnu.", f"{where}: {said} is unknown."
    fr, en = fr + (f" Vouliez-vous {close} ?" if close else ""), en + (f" Did you mean {close}?" if close else "")
    return Complaint(where, "field_unknown", french(fr), en)


def _known(table: Mapping[str, Any], names: tuple[str, ...], where: str, wrong: list[Complaint]) -> None:
    wrong += [unknown(f"{where} {key}", key, names) for key in table if key not in names]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
