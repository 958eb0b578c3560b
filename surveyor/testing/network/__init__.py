"""A sample network, seeded: a French drive retailer with stores, customers, orders and answers, for demo and tests."""

from surveyor.testing.network.answers import Answer, Asked, answer_of
from surveyor.testing.network.orders import Shopper, order_events, shoppers
from surveyor.testing.network.places import BRAND_COLOURS, BRANDS, REGIONS, SEGMENTS, SamplePlace, places

__all__ = [
    "BRANDS",
    "BRAND_COLOURS",
    "REGIONS",
    "SEGMENTS",
    "Answer",
    "Asked",
    "SamplePlace",
    "Shopper",
    "answer_of",
    "order_events",
    "places",
    "shoppers",
]
