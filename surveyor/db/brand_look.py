"""What a page for customers shows of a brand besides its name: columns read with the link that opens the page."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Text, func, type_coerce

from surveyor.db.tables.network import Brand


class BrandLook(NamedTuple):
    """As the row says it: `colours` is JSON; everything is "" without a brand."""

    logo: str = ""
    colours: str = ""
    legal_fr: str = ""
    legal_en: str = ""
    privacy_en: str = ""


#: Columns of a query that has brands joined, in the order of `BrandLook`.
LOOK = (
    func.coalesce(Brand.logo_url, "").label("logo"),
    func.coalesce(type_coerce(Brand.colours, Text), "").label("colours"),
    func.coalesce(Brand.legal_fr, "").label("legal_fr"),
    func.coalesce(Brand.legal_en, "").label("legal_en"),
    func.coalesce(Brand.privacy_url_en, "").label("privacy_en"),
)
