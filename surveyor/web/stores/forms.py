"""The form of a store."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from wtforms import StringField

from surveyor.flows.manage_users import LANGUAGES
from surveyor.web.fields import complain, plain_text, required, wrong_value
from surveyor.web.forms import StaffForm


class StoreForm(StaffForm):
    """What may be corrected; fields left out stay as they are."""

    name = StringField(validators=[plain_text("stores.field.name")])
    city = StringField(validators=[plain_text("stores.field.city")])
    region = StringField()
    brand = StringField()
    segment = StringField()
    tz = StringField()
    language = StringField()
    excluded = StringField()
    named_to_peers = StringField()
    sender = StringField()

    def validate_name(self, field: Any) -> None:
        """A store has a name."""
        if any(name == "name" for name, _ in self.received):
            required("stores.field.name")(self, field)

    def validate_tz(self, field: Any) -> None:
        """A name of the IANA database, not an offset nor a city."""
        if field.data:
            try:
                ZoneInfo(field.data)
            except (KeyError, OSError, ValueError):
                raise wrong_value(
                    field, "stores.field.tz", fr="un nom comme Europe/Paris", en="a name such as Europe/Paris"
                ) from None

    def validate_language(self, field: Any) -> None:
        """French or English."""
        if field.data and field.data not in LANGUAGES:
            raise wrong_value(field, "stores.field.language", fr="fr ou en", en="fr or en")

    def validate_excluded(self, field: Any) -> None:
        """0 or 1."""
        if field.data not in ("", None, "0", "1"):
            raise wrong_value(field, "stores.field.excluded", fr="0 ou 1", en="0 or 1")

    def validate_named_to_peers(self, field: Any) -> None:
        """0 or 1."""
        if field.data not in ("", None, "0", "1"):
            raise wrong_value(field, "stores.field.named_to_peers", fr="0 ou 1", en="0 or 1")

    def validate_sender(self, field: Any) -> None:
        """Senders are verified on the host; a form may only keep the one there is."""
        if field.data:
            raise complain(
                field,
                "sender_unverified",
                f"{field.data[:40]} n'est pas un expéditeur vérifié. Choisissez-en un dans la liste.",
                f"{field.data[:40]} is not a verified sender. Choose one from the list.",
            )
