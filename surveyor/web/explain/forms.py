"""The form of the search: a customer, an address or an order."""

from __future__ import annotations

from wtforms import StringField

from surveyor.web.fields import plain_text, required
from surveyor.web.forms import StaffForm


class SearchForm(StaffForm):
    """What is looked for; posted, so that an address stays out of histories and logs."""

    q = StringField(validators=[required("explain.page.subject"), plain_text("explain.page.subject", most=254)])
