"""The forms of a case: a reply, a note, a move, an owner, an ending; and of a reusable text."""

from __future__ import annotations

from typing import Any

from wtforms import StringField

from surveyor.core.cases import Status
from surveyor.flows.reply_to_response import LONGEST
from surveyor.flows.work_case import LONGEST_NOTE
from surveyor.web.fields import plain_text, required, wrong_value
from surveyor.web.forms import StaffForm


class ReplyForm(StaffForm):
    """What is sent; id: of the form, so that it is sent once."""

    id = StringField()
    reply = StringField(
        validators=[required("inbox.field.reply"), plain_text("inbox.field.reply", most=LONGEST, lines=True)]
    )
    public = StringField()
    asks = StringField()


class NoteForm(StaffForm):
    """Words for the colleagues."""

    id = StringField()
    note = StringField(
        validators=[required("inbox.field.note"), plain_text("inbox.field.note", most=LONGEST_NOTE, lines=True)]
    )


class StatusForm(StaffForm):
    """Where a case goes."""

    status = StringField()

    def validate_status(self, field: Any) -> None:
        """One that a button offers."""
        if field.data not in [str(one) for one in Status if one is not Status.CLOSED]:
            raise wrong_value(field, "inbox.field.status", fr="in_progress ou waiting", en="in_progress or waiting")


class OwnerForm(StaffForm):
    """Whose it is; "" for nobody's."""

    owner = StringField()


class EndingForm(StaffForm):
    """Why it happened and what was done."""

    root_cause = StringField(validators=[required("inbox.field.root_cause")])
    action = StringField(validators=[plain_text("inbox.field.action", most=LONGEST_NOTE, lines=True)])


class TextForm(StaffForm):
    """A text that replies begin with."""

    name = StringField(validators=[required("inbox.texts.name"), plain_text("inbox.texts.name", most=80)])
    language = StringField()
    body = StringField(
        validators=[required("inbox.texts.body"), plain_text("inbox.texts.body", most=LONGEST, lines=True)]
    )

    def validate_language(self, field: Any) -> None:
        """French or English."""
        if field.data not in ("fr", "en"):
            raise wrong_value(field, "inbox.texts.language", fr="fr ou en", en="fr or en")
