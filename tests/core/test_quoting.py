"""French as a printer sets it: no-break spaces in each sentence of ours."""

from __future__ import annotations

import pytest

from surveyor.core.quoting import french


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("Pourquoi : ceci ; cela ! Quoi ?", "Pourquoi\u00a0: ceci\u00a0; cela\u00a0! Quoi\u00a0?"),
        ("« oui ». « non », (« si »)", "«\u00a0oui\u00a0». «\u00a0non\u00a0», («\u00a0si\u00a0»)"),
        ("de 12 % à 14 %.", "de 12\u00a0% à 14\u00a0%."),
        ("12,50 € (et 3 €)", "12,50\u00a0€ (et 3\u00a0€)"),
        ("a :b et %s", "a :b et %s"),
    ],
)
def test_a_sign_never_begins_a_line(plain: str, said: str) -> None:
    assert french(plain) == said
    assert french(said) == said
