"""The form of a new webhook; what it may lead to and listen to is the flow's."""

from __future__ import annotations

from typing import Any

from wtforms import StringField

from surveyor.web.fields import plain_text, required, wrong_value
from surveyor.web.forms import StaffForm
from surveyor.web.keys.forms import Scopes


class NewWebhookForm(StaffForm):
    """Address, kinds of events, a name, and whether it learns whom they are about."""

    once = StringField()
    name = StringField(validators=[plain_text("webhooks.field.name", most=80)])
    url = StringField(validators=[required("webhooks.field.url")])
    events = Scopes(validate_choice=False)
    identity = StringField()

    def validate_identity(self, field: Any) -> None:
        """A box: ticked or not."""
        if (field.data or "") not in ("", "1"):
            raise wrong_value(field, "webhooks.field.identity", fr="1", en="1")
