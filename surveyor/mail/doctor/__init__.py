"""`surveyor mail doctor`: whether an email would arrive, looked at from outside before one is sent.

Six points (docs/email.md); each is a module that yields lines. Nothing is sent but the sandbox requests of SendGrid.
"""

from __future__ import annotations

from surveyor.mail.doctor.line import Level, Line, safely

__all__ = ["Level", "Line", "safely"]
