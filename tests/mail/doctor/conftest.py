"""The doctor's tests use the certificate that the providers' tests are given."""

from __future__ import annotations

from tests.mail.providers.conftest import certificate

__all__ = ["certificate"]
