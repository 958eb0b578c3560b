"""The forms of alerts: a pause, a release, a verdict."""

from __future__ import annotations

from typing import Any

from wtforms import StringField

from surveyor.core.emails import KINDS
from surveyor.web.fields import plain_text, required, wrong_value
from surveyor.web.forms import StaffForm


class StreamForm(StaffForm):
    """Which stream, and why; kind "": every kind."""

    provider = StringField(validators=[plain_text("alerts.field.provider", most=50)])
    kind = StringField()
    why = StringField(validators=[required("alerts.field.why"), plain_text("alerts.field.why", most=500)])

    def validate_kind(self, field: Any) -> None:
        """A kind of email, or none."""
        if field.data and field.data.partition("-")[0] not in KINDS:
            raise wrong_value(field, "alerts.field.kind", fr=", ".join(KINDS), en=", ".join(KINDS))


class VerdictForm(StaffForm):
    """What a person says of an email in doubt."""

    verdict = StringField()

    def validate_verdict(self, field: Any) -> None:
        """One of two."""
        if field.data not in ("sent", "not_sent"):
            raise wrong_value(field, "alerts.field.verdict", fr="sent ou not_sent", en="sent or not_sent")


class EmptyForm(StaffForm):
    """A button."""
