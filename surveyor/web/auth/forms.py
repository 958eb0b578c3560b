"""The forms of the door: address and password, a code, the password again or another one."""

from __future__ import annotations

from typing import Any

from wtforms import PasswordField, StringField

from surveyor.web.fields import required
from surveyor.web.forms import StaffForm


class SignInForm(StaffForm):
    """Address and password."""

    email = StringField(validators=[required("auth.sign_in.email")])
    password = PasswordField(validators=[required("auth.sign_in.password")])


class CodeForm(StaffForm):
    """The second step: a code, and which sign-in it ends."""

    step = StringField()
    code = StringField(validators=[required("auth.code.code")])


class StepUpForm(StaffForm):
    """The password again, or a code for who has a second factor; one of the two is enough."""

    password = PasswordField()
    code = StringField()

    def validate_password(self, field: Any) -> None:
        """Something has to be there."""
        if not field.data and not self.code.data:
            required("auth.sign_in.password")(self, field)


class NewPasswordForm(StaffForm):
    """Another password, by a link; its rules are the flow's."""

    password = PasswordField(validators=[required("auth.sign_in.password")])


class ResetForm(StaffForm):
    """The address of a forgotten password."""

    email = StringField(validators=[required("auth.sign_in.email")])
