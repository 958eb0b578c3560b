"""The forms of an experiment: rates in percent, dates, and the one key that its second arm changes."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from wtforms import StringField

from surveyor.core.rules import ARM_KEYS
from surveyor.web.fields import required, wrong_value
from surveyor.web.forms import StaffForm

_RATE = re.compile(r"[0-9]{1,2}([.,][0-9]{1,3})?", re.ASCII)


def rate(text: str) -> float | None:
    """A percentage as it was typed ("12", "12,5"), from 0 to 1; None when it is none."""
    return float(text.strip().replace(",", ".")) / 100 if _RATE.fullmatch(text.strip()) else None


class PlanForm(StaffForm):
    """The two response rates, in percent."""

    base = StringField(validators=[required("experiments.field.base")])
    target = StringField(validators=[required("experiments.field.target")])

    def validate_base(self, field: Any) -> None:
        """A percentage."""
        _percentage(field)

    def validate_target(self, field: Any) -> None:
        """A percentage."""
        _percentage(field)

    def rates(self) -> tuple[float, float]:
        """Both, from 0 to 1; only once the form has no complaint."""
        return rate(self.base.data) or 0.0, rate(self.target.data) or 0.0


class DeclareForm(StaffForm):
    """Which rule, its dates, and what its second arm changes."""

    rule = StringField(validators=[required("experiments.field.rule")])
    name = StringField(validators=[required("experiments.field.name")])
    starts = StringField(validators=[required("experiments.field.starts")])
    ends = StringField(validators=[required("experiments.field.ends")])
    key = StringField(validators=[required("experiments.field.key")])
    value = StringField(validators=[required("experiments.field.value")])

    def validate_rule(self, field: Any) -> None:
        """The place of a rule in the draft."""
        if not re.fullmatch(r"[0-9]{1,3}", field.data, re.ASCII):
            raise wrong_value(field, "experiments.field.rule", fr="une règle de la liste", en="a rule of the list")

    def validate_key(self, field: Any) -> None:
        """A key that an arm may set."""
        if field.data not in ARM_KEYS:
            raise wrong_value(field, "experiments.field.key", fr="une clé de la liste", en="a key of the list")

    def validate_starts(self, field: Any) -> None:
        """A date."""
        _date(field, "experiments.field.starts")

    def validate_ends(self, field: Any) -> None:
        """A date."""
        _date(field, "experiments.field.ends")


def _percentage(field: Any) -> None:
    if rate(field.data) is None:
        raise wrong_value(field, f"experiments.field.{field.name}", fr="un pourcentage", en="a percentage")


def _date(field: Any, label: str) -> None:
    try:
        date.fromisoformat(field.data)
    except ValueError:
        raise wrong_value(field, label, fr="une date", en="a date") from None
