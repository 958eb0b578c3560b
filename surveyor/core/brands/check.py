"""What a brand's words and its sender must be, before an email or a page shows them."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from surveyor.core.brands.brand import Brand, Sender
from surveyor.core.brands.palette import check_colours
from surveyor.core.quoting import BIDI, ZERO_WIDTH, code_point, shown
from surveyor.core.tokens import AddressError, normalise_address
from surveyor.errors import Complaint

NAME, ADDRESS, LEGAL, URL = 80, 300, 600, 300
_SENDER_ID = re.compile(r"[A-Za-z0-9._-]{5,15}", re.ASCII)
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)
_TEXTS = {"name": NAME, "postal_address": ADDRESS, "legal_fr": LEGAL, "legal_en": LEGAL}
#: What each field is called in a sentence.
WORDS = {
    "name": ("Nom", "Name"),
    "postal_address": ("Adresse postale", "Postal address"),
    "legal_fr": ("Mentions légales en français", "Legal line in French"),
    "legal_en": ("Mentions légales en anglais", "Legal line in English"),
    "privacy_fr": ("Page de confidentialité en français", "Privacy page in French"),
    "privacy_en": ("Page de confidentialité en anglais", "Privacy page in English"),
    "sender_name": ("Nom de l'expéditeur", "Sender name"),
    "address": ("Adresse d'expédition", "Sender address"),
    "reply_to": ("Adresse de réponse", "Reply address"),
    "return_path": ("Domaine de retour", "Return-path domain"),
    "sender_id": ("Identifiant d'expéditeur", "Sender id"),
}


def check_brand(brand: Brand) -> list[Complaint]:
    """What is wrong with a brand, apart from its logo and its sender; `where` is the field."""
    wrong = [] if brand.name.strip() else [_required("name")]
    for name, most in _TEXTS.items():
        wrong += check_text(name, getattr(brand, name), most)
    for name in ("privacy_fr", "privacy_en"):
        wrong += _check_url(name, getattr(brand, name))
    return wrong + check_colours(brand.colours)


def check_sender(sender: Sender, *, domains: Collection[str] | None) -> list[Complaint]:
    """What is wrong with a sender. An empty one is right: the emails are then signed by SURVEYOR_FROM.

    domains: those that the host verified, an address must be of one of them or below; None on the host itself.
    """
    if not sender.plain():
        return []
    wrong = check_text("sender_name", sender.name, NAME)
    wrong += [_required("address")] if not sender.address else _check_mailbox("address", sender.address, domains)
    if sender.reply_to:
        wrong += _check_mailbox("reply_to", sender.reply_to, domains)
    if sender.return_path:
        wrong += _check_domain(sender.return_path, domains)
    if sender.sender_id and not _SENDER_ID.fullmatch(sender.sender_id):
        what = ("de 5 à 15 lettres sans accent, chiffres, points ou tirets", "5 to 15 letters, digits, dots or dashes")
        wrong.append(_value("sender_id", sender.sender_id, *what))
    return wrong


def check_text(name: str, value: str, most: int) -> list[Complaint]:
    """One line of at most `most` characters that reads as it is written (S23, S31)."""
    fr, en = WORDS[name]
    for character in value:
        if character in BIDI or character in ZERO_WIDTH or ord(character) < 32 or 127 <= ord(character) < 160:
            point = code_point(character)
            return [
                Complaint(
                    name,
                    "text_control_character",
                    f"{fr} contient un caractère de contrôle ({point}). Retirez-le.",
                    f"{en} contains a control character ({point}). Remove it.",
                )
            ]
    if len(value) > most:
        said = f"{fr} : {len(value)} caractères, {most} au plus.", f"{en}: {len(value)} characters, at most {most}."
        return [Complaint(name, "field_too_long", *said)]
    return []


def domain_of(address: str) -> str:
    """The domain of an address that was accepted, in small letters."""
    return address.rpartition("@")[2].lower()


def _check_url(name: str, value: str) -> list[Complaint]:
    if not value:
        return []
    parts = urlsplit(value) if value.isascii() and value.isprintable() and len(value) <= URL else None
    if parts and parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and " " not in value:
        return []
    fr, en = WORDS[name]
    return [
        Complaint(
            name,
            "url_invalid",
            f"{fr} : attendu une adresse https://hôte/chemin, sans identifiant, de {URL} caractères au plus.",
            f"{en}: expected an address https://host/path without credentials, of at most {URL} characters.",
        )
    ]


def _check_mailbox(name: str, value: str, domains: Collection[str] | None) -> list[Complaint]:
    try:
        address = normalise_address(value)
    except AddressError:
        return [_value(name, value, "une adresse comme avis@maison-x.fr", "an address such as avis@maison-x.fr")]
    return _unverified(name, value) if domains is not None and not _under(domain_of(address), domains) else []


def _check_domain(value: str, domains: Collection[str] | None) -> list[Complaint]:
    if not _DOMAIN.fullmatch(value.lower()):
        return [_value("return_path", value, "un domaine comme retours.maison-x.fr", "a domain such as r.maison-x.fr")]
    return _unverified("return_path", value) if domains is not None and not _under(value.lower(), domains) else []


def _under(domain: str, verified: Collection[str]) -> bool:
    return any(domain == one or domain.endswith(f".{one}") for one in verified)


def _required(name: str) -> Complaint:
    fr, en = WORDS[name]
    return Complaint(name, "field_required", f"{fr} est obligatoire.", f"{en} is required.")


def _value(name: str, value: str, fr: str, en: str) -> Complaint:
    words, said = WORDS[name], shown(value)
    return Complaint(
        name,
        "field_value",
        f"{words[0]} : {said} n'est pas accepté. Attendu : {fr}.",
        f"{words[1]}: {said} is not accepted. Expected: {en}.",
    )


def _unverified(name: str, value: str) -> list[Complaint]:
    said = shown(value)
    return [
        Complaint(
            name,
            "sender_unverified",
            f"{said} : ce domaine n'est pas vérifié. Déclarez-le sur la machine avec « surveyor brands sender », "
            "puis contrôlez-le avec « surveyor mail doctor ».",
            f"{said}: this domain is not verified. Declare it on the host with `surveyor brands sender`, "
            "then check it with `surveyor mail doctor`.",
        )
    ]
