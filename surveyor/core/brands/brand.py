"""A brand as its owner describes it: what stands on its emails and pages, and who signs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sender:
    """Who an email comes from. address, reply_to: mailboxes. return_path: the domain that bounces come back to.

    sender_id: 5 to 15 of A-Z a-z 0-9 . _ -, for the Feedback-ID; "" stands for the product's own.
    """

    address: str = ""
    name: str = ""
    reply_to: str = ""
    return_path: str = ""
    sender_id: str = ""

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Sender:
        """The sender that a row keeps; what it does not say is ""."""
        return cls(*(str(plain.get(name) or "") for name in cls.__slots__))

    def plain(self) -> dict[str, str]:
        """What a row keeps: only what was said."""
        said = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Brand:
    """A name that customers know. legal: the line under every email, by language. privacy: the address of the brand's
    own notice, by language; "" means ours. logo: the path of its picture on our host, "" for none. colours: `accent`
    and `ground`, as far as they were chosen.
    """

    id: str
    name: str
    postal_address: str = ""
    legal_fr: str = ""
    legal_en: str = ""
    privacy_fr: str = ""
    privacy_en: str = ""
    logo: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    sender: Sender = Sender()

    def legal(self, language: str) -> str:
        """The legal line in a language; a brand that has only one says that one."""
        return in_language(self.legal_fr, self.legal_en, language)

    def privacy(self, language: str) -> str:
        """The address of its notice in a language, likewise."""
        return in_language(self.privacy_fr, self.privacy_en, language)


def in_language(french: str, english: str, language: str) -> str:
    """The one for a language; where a brand has only one, that one."""
    return (french or english) if language == "fr" else (english or french)
