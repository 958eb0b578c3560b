"""The forms of one's own account."""

from __future__ import annotations

from typing import Any

from wtforms import PasswordField, StringField

from surveyor.flows.manage_users import LANGUAGES
from surveyor.web.fields import plain_text, required, wrong_value
from surveyor.web.forms import StaffForm


class ProfileForm(StaffForm):
    """Name and language; fields left out stay as they are."""

    name = StringField(validators=[plain_text("profile.field.name")])
    language = StringField()

    def validate_language(self, field: Any) -> None:
        """French or English."""
        if field.data and field.data not in LANGUAGES:
            raise wrong_value(field, "profile.field.language", fr="fr ou en", en="fr or en")


class PasswordForm(StaffForm):
    """A new password; the present one is the step-up in front of it."""

    password = PasswordField()


class FirstCodeForm(StaffForm):
    """The first code of a second factor: it proves that the secret was read."""

    code = StringField(validators=[required("auth.code.code")])
