"""The forms of a brand; what is right or wrong in them is said by core/brands."""

from __future__ import annotations

from typing import Any

from wtforms import StringField

from surveyor.web.fields import plain_text, required, wrong_value
from surveyor.web.forms import StaffForm


class BrandForm(StaffForm):
    """Texts and colours; fields left out stay as they are. colours: "ours" or "own"."""

    name = StringField()
    postal_address = StringField()
    legal_fr = StringField()
    legal_en = StringField()
    privacy_fr = StringField()
    privacy_en = StringField()
    colours = StringField()
    accent = StringField()
    ground = StringField()

    def validate_colours(self, field: Any) -> None:
        """One of the two."""
        if field.data not in (None, "", "ours", "own"):
            raise wrong_value(field, "brands.field.colours", fr="ours ou own", en="ours or own")

    def changes(self) -> dict[str, str]:
        """What the form says, field by field; our own colours are said by empty ones."""
        given = {name: value.strip(" ") for name, value in self.received if name not in self.CONTROL}
        if given.pop("colours", "") == "ours":
            given |= {"accent": "", "ground": ""}
        return given


class NewBrandForm(StaffForm):
    """A brand that no order has named yet."""

    id = StringField(
        validators=[required("brands.field.id"), plain_text("brands.field.id", most=64)],
    )
    name = StringField(validators=[required("brands.field.name")])


class SenderForm(StaffForm):
    """Who signs."""

    address = StringField()
    sender_name = StringField()
    reply_to = StringField()
    return_path = StringField()
    sender_id = StringField()
