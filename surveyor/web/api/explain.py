"""`GET /api/v1/explain`: why a customer was, or was not, asked; the same words as the page and the command."""

from __future__ import annotations

from flask import Response

from surveyor.web.api.door import key_for
from surveyor.web.api.filters import arguments


@key_for("decisions:read")
def explain() -> Response:
    """Every decision of a customer or an order."""
    arguments("customer", "order")
    return Response("{}")
