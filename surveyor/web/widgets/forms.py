"""The forms of widgets: what one shows, of which stores, and which pages may frame it."""

from __future__ import annotations

from wtforms import StringField

from surveyor.web.fields import plain_text, required
from surveyor.web.forms import StaffForm


class NewWidgetForm(StaffForm):
    """A widget to make."""

    once = StringField()
    kind = StringField()
    name = StringField(validators=[required("widgets.field.name"), plain_text("widgets.field.name", most=80)])
    scope = StringField()
    language = StringField()
    origins = StringField()


class WidgetForm(StaffForm):
    """What may be changed; fields left out stay as they are."""

    name = StringField(validators=[plain_text("widgets.field.name", most=80)])
    origins = StringField()
    active = StringField()
