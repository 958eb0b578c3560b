"""surveyor: order events in, survey emails out, answers counted, indicators shown."""

__version__ = "0.1.0"
