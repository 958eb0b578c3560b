"""The form of a new API key; what a key may be is the flow's, which the command line shares."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from wtforms import SelectMultipleField, StringField
from wtforms.validators import StopValidation

from surveyor.flows.manage_keys import wrong_expiry
from surveyor.web.fields import required
from surveyor.web.forms import StaffForm


class Scopes(SelectMultipleField):  # type: ignore[misc]
    """Boxes of one name."""

    several = True


class NewKeyForm(StaffForm):
    """Name, scopes, stores and last day."""

    once = StringField()
    name = StringField(validators=[required("keys.field.name")])
    scopes = Scopes(validate_choice=False)
    stores = StringField()
    expires = StringField()

    def validate_expires(self, field: Any) -> None:
        """A day as a browser writes it, or nothing for a year."""
        if field.data and self.day is None:
            raise StopValidation(wrong_expiry(field.data))

    @property
    def day(self) -> date | None:
        """The last day; None when none was given, or it is no day."""
        text = self.expires.data or ""
        try:
            return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII) else None
        except ValueError:
            return None
