"""Customers between an order and their last email: loaded under lock, moved by core/journey, written back at once.

Flows that change what happens to a customer go through here: `load_persons`, a `Ledger` of the effects, `write`.
"""

from surveyor.flows.customer_journey.ledger import Ledger
from surveyor.flows.customer_journey.load import Loaded, load_persons, recall
from surveyor.flows.customer_journey.regime import DEFAULTS, Defaults, ReadRules, Terms, active_rules, read_terms
from surveyor.flows.customer_journey.sending import CustomerJourneys, LivePersons

__all__ = [
    "DEFAULTS",
    "CustomerJourneys",
    "Defaults",
    "Ledger",
    "LivePersons",
    "Loaded",
    "ReadRules",
    "Terms",
    "active_rules",
    "load_persons",
    "read_terms",
    "recall",
]
