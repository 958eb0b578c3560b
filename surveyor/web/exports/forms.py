"""The form of an export: which list, of which stores and days, in which form, with whose names and why."""

from __future__ import annotations

from typing import Any

from wtforms import StringField

from surveyor.web.api.cells import PRESETS
from surveyor.web.fields import plain_text, wrong_value
from surveyor.web.forms import StaffForm

KINDS = ("responses", "invitations", "decisions")


class ExportForm(StaffForm):
    """Everything but the kind may be left out."""

    kind = StringField()
    scope = StringField()
    period = StringField()
    preset = StringField()
    identity = StringField()
    reason = StringField(validators=[plain_text("exports.field.reason", most=500)])

    def validate_kind(self, field: Any) -> None:
        """One of three lists."""
        _among(field, "exports.field.kind", KINDS)

    def validate_preset(self, field: Any) -> None:
        """One of two forms; nothing means the usual one."""
        _among(field, "exports.field.preset", (*PRESETS, ""))

    def validate_identity(self, field: Any) -> None:
        """A box: ticked or not."""
        _among(field, "exports.field.identity", ("1", ""))


def _among(field: Any, label: str, known: tuple[str, ...]) -> None:
    if (field.data or "") not in known:
        said = [word for word in known if word]
        raise wrong_value(field, label, fr=" ou ".join(said), en=" or ".join(said))
