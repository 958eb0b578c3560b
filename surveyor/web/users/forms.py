"""The forms of accounts: what a person may be given."""

from __future__ import annotations

from wtforms import SelectMultipleField, StringField

from surveyor.web.fields import plain_text
from surveyor.web.forms import StaffForm


class NewUserForm(StaffForm):
    """A new account; values are checked by the flow, which the command line shares."""

    email = StringField()
    name = StringField(validators=[plain_text("users.field.name")])
    role = StringField()
    scope = StringField()
    language = StringField()


class EditUserForm(StaffForm):
    """Role, scopes and name; fields left out stay as they are."""

    name = StringField(validators=[plain_text("users.field.name")])
    role = StringField()
    scope = StringField()


class Ticks(SelectMultipleField):  # type: ignore[misc]
    """Boxes of one name."""

    several = True


class DisableForm(StaffForm):
    """The keys that end with the account."""

    revoke = Ticks(validate_choice=False)
