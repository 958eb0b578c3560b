"""What a brand is to its customers: a name, a logo, colours, who signs; used by emails and survey pages alike."""

from __future__ import annotations

from surveyor.core.brands.brand import Brand, Sender, in_language
from surveyor.core.brands.check import check_brand, check_sender
from surveyor.core.brands.palette import DEFAULT_COLOURS, Palette, check_colours, palette_of

__all__ = [
    "DEFAULT_COLOURS",
    "Brand",
    "Palette",
    "Sender",
    "check_brand",
    "check_colours",
    "check_sender",
    "in_language",
    "palette_of",
]
