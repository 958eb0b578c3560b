"""The forms of suppressions: whom and why, and why not any more."""

from __future__ import annotations

from typing import Any

from wtforms import StringField

from surveyor.flows.manage_suppressions import KINDS
from surveyor.web.fields import plain_text, required, wrong_value
from surveyor.web.forms import StaffForm


class AddForm(StaffForm):
    """An address or a customer's id, who wants it, and why."""

    subject = StringField(validators=[required("suppressions.field.subject"), plain_text("suppressions.field.subject")])
    kind = StringField()
    reason = StringField(
        validators=[required("suppressions.field.reason"), plain_text("suppressions.field.reason", most=500)]
    )

    def validate_kind(self, field: Any) -> None:
        """One of two."""
        if field.data not in KINDS:
            raise wrong_value(field, "suppressions.field.kind", fr=" ou ".join(KINDS), en=" or ".join(KINDS))


class LiftForm(StaffForm):
    """Why the address may be written to again; `kind` when only one of several is lifted."""

    kind = StringField()
    reason = StringField(
        validators=[required("suppressions.field.reason"), plain_text("suppressions.field.reason", most=500)]
    )
