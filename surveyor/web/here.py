"""The installation that a request reaches: its services and its clock, for every page on the line."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import current_app

from surveyor.services import Services


def services() -> Services:
    """What app.py made for this installation."""
    return cast(Services, current_app.extensions["surveyor"])


def now() -> datetime:
    """The instant of this request, handed on to flows."""
    return services().now()
