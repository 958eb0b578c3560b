"""The forms of the door: address and password, or the password again."""

from __future__ import annotations

from wtforms import PasswordField, StringField

from surveyor.web.fields import required
from surveyor.web.forms import StaffForm


class SignInForm(StaffForm):
    """Address and password."""

    email = StringField(validators=[required("auth.sign_in.email")])
    password = PasswordField(validators=[required("auth.sign_in.password")])


class StepUpForm(StaffForm):
    """The password again."""

    password = PasswordField(validators=[required("auth.sign_in.password")])


class ResetForm(StaffForm):
    """The address of a forgotten password."""

    email = StringField(validators=[required("auth.sign_in.email")])
