"""What an order payload or a provider's body says of one person: how an erasure finds the bodies to empty."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cached_property

_ESCAPED = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/]))')
_ADDRESS = re.compile(r'"(?:contact_)?email"\s*:\s*"([^"\\\s]{1,254}@[^"\\\s]+)"', re.IGNORECASE)


class Traces:
    """How a person may be named: ids that the source gave, orders, and addresses (compared in lower case)."""

    def __init__(self, *, customers: Collection[str], orders: Collection[str], addresses: Collection[str]) -> None:
        self.customers = frozenset(customers)
        self.orders = frozenset(orders)
        self.addresses = frozenset(address.lower() for address in addresses if address)

    def __bool__(self) -> bool:
        return bool(self.customers or self.orders or self.addresses)

    def named_in(self, text: str) -> bool:
        """Whether a text, JSON or not, names the person."""
        return self.addressed_in(text) or self._named(self._ids, text)

    def addressed_in(self, text: str) -> bool:
        """Whether one of the addresses is in it."""
        return any(address in one.lower() for one in _readings(text) for address in self.addresses)

    def addresses_in(self, text: str) -> set[str]:
        """The addresses that a payload of this very customer gives: those of before are found so."""
        if not self._named(self._customer, text):
            return set()
        return {found.lower() for one in _readings(text) for found in _ADDRESS.findall(one)}

    @staticmethod
    def _named(pattern: re.Pattern[str] | None, text: str) -> bool:
        return pattern is not None and any(pattern.search(one) for one in _readings(text))

    @cached_property
    def _customer(self) -> re.Pattern[str] | None:
        ids = _either(self.customers)
        if not ids:
            return None
        return re.compile(rf'"customer_id"\s*:\s*(?:{ids})|"customer"\s*:\s*\{{[^{{}}]*?"id"\s*:\s*(?:{ids})')

    @cached_property
    def _ids(self) -> re.Pattern[str] | None:
        of_orders = _either(self.orders)
        parts = [self._customer.pattern] if self._customer else []
        parts += [rf'"order_id"\s*:\s*(?:{of_orders})'] if of_orders else []
        return re.compile("|".join(parts)) if parts else None


def _readings(text: str) -> tuple[str, ...]:
    """A text as it stands and, where JSON escapes characters in it, as it reads: it need not be whole JSON."""
    return (text, _ESCAPED.sub(_unescaped, text)) if "\\" in text else (text,)


def _unescaped(found: re.Match[str]) -> str:
    return found[2] or chr(int(found[1], 16))


def _either(ids: Collection[str]) -> str:
    """A pattern of these ids as JSON writes them: as a text, escaped or not, or as a number."""
    forms = {json.dumps(one) for one in ids} | {json.dumps(one, ensure_ascii=False) for one in ids}
    numbers = {one for one in ids if one.isascii() and one.isdigit()}
    found = [re.escape(form) for form in sorted(forms)]
    return "|".join([*found, *(rf"{number}(?=[\s,}}\]])" for number in sorted(numbers))])
