"""The sentences that answer a template which cannot be taken, in French and in English."""

from __future__ import annotations

from surveyor.errors import Complaint

MAX_SHOWN = 40
_FILTERS_FR = 'upper, lower, title, default("…"), truncate(1 à 500), date, number'
_FILTERS_EN = 'upper, lower, title, default("…"), truncate(1 to 500), date, number'
_MESSAGES: dict[str, tuple[str, str]] = {
    "unknown_field": ("variable inconnue {what}. Champs : {known}.", "unknown variable {what}. Fields: {known}."),
    "unknown_name": ("variable inconnue {what}. Connus : {known}.", "unknown variable {what}. Known: {known}."),
    "chain": (
        "variable inconnue {what}. {known} s'écrit sans suite.",
        "unknown variable {what}. Nothing follows {known}.",
    ),
    "bare": ("« {what} » seul n'est pas un texte. Écrivez {known}.", '"{what}" alone is not a text. Write {known}.'),
    "construct": (
        "{what} n'est pas permis. Restent : variables, filtres simples, if/else.",
        "{what_en} is not allowed. What remains: variables, simple filters, if/else.",
    ),
    "filter": (
        f"filtre {{what}} non permis. Permis : {_FILTERS_FR}.",
        f"filter {{what}} is not allowed. Allowed: {_FILTERS_EN}.",
    ),
    "constant": (
        "{what}. Textes jusqu'à 500 caractères, entiers de 0 à 500.",
        "{what}. Texts up to 500 characters, integers from 0 to 500.",
    ),
    "test": ("test {what} non permis. Permis : is defined.", "test {what} is not allowed. Allowed: is defined."),
    "brace": ("accolade non fermée.", "unclosed brace."),
    "endif": ("if sans endif.", "if without endif."),
    "syntax": ("illisible près de « {what} ».", 'cannot be read near "{what}".'),
    "deep": ("trop d'imbrications (plus de {what} niveaux).", "too much nesting (more than {what} levels)."),
    "control": ("caractère de contrôle {what}. Retirez-le.", "control character {what}. Remove it."),
    "markup": ("{what} n'est pas permis dans un courriel.", "{what} is not allowed in an email."),
    "link": (
        "un lien hors de notre adresse n'est pas permis dans un courriel.",
        "a link outside our address is not allowed in an email.",
    ),
    "image": (
        "une image qui n'est pas la nôtre n'est pas permise : brand.logo_url seulement.",
        "an image that is not ours is not allowed: only brand.logo_url.",
    ),
    "bare_angle": ("« < » seul. Écrivez &lt; pour un signe inférieur.", '"<" alone. Write &lt; for a less-than sign.'),
    "entity": (
        "{what} n'est pas permis. Écrivez le caractère, ou &amp; &lt; &gt; &quot; &nbsp;.",
        "{what} is not allowed. Write the character, or &amp; &lt; &gt; &quot; &nbsp;.",
    ),
    "unclosed": ("<{what}> n'est pas fermé, ou mal emboîté.", "<{what}> is not closed, or badly nested."),
    "outside": (
        "du texte ou une condition hors d'un mj-text, directement dans {what}. Mettez-le dans un mj-text.",
        "text or a condition outside of an mj-text, directly in {what}. Put it into an mj-text.",
    ),
    "place": ("{what} n'a pas sa place dans {known}.", "{what} has no place in {known}."),
    "element": ("{what} n'est pas permis.", "{what} is not allowed."),
    "attribute": (
        "l'attribut {what} de {known} n'est pas permis, ou sa valeur ne l'est pas.",
        "the attribute {what} of {known} is not allowed, or its value is not.",
    ),
}
_CODES = {
    "unknown_field": "template_unknown_name",
    "unknown_name": "template_unknown_name",
    "chain": "template_unknown_name",
    "bare": "template_bare_object",
    "construct": "template_construct",
    "filter": "template_filter",
    "constant": "template_constant",
    "test": "template_test",
    "brace": "template_syntax",
    "endif": "template_syntax",
    "syntax": "template_syntax",
    "deep": "template_too_deep",
    "control": "template_control_character",
    "markup": "template_html",
    "link": "template_html",
    "image": "template_html",
    "bare_angle": "template_html",
    "entity": "template_html",
    "unclosed": "template_html",
    "outside": "template_html",
    "place": "mjml_element",
    "element": "mjml_element",
    "attribute": "mjml_element",
}


def shown(text: object) -> str:
    """At most 40 characters of somebody's input, without anything that a terminal or a page would act upon."""
    plain = "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in str(text)[: MAX_SHOWN + 1])
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"


def complaint(
    where: tuple[str, int], word: str, *, what: object = "", what_en: object = "", known: str = ""
) -> Complaint:
    """The complaint of `word` at (part, line)."""
    place, said = f"{where[0]}:{where[1]}", shown(what)
    french, english = _MESSAGES[word]
    return Complaint(
        where=place,
        code=_CODES[word],
        message_fr=f"{place} : " + french.format(what=said, known=known),
        message_en=f"{place}: " + english.format(what=said, what_en=shown(what_en) if what_en else said, known=known),
    )


def too_large(part: str, kib: int) -> Complaint:
    """More than 64 KiB, or more than 2,000 elements."""
    return Complaint(
        f"{part}:1",
        "template_too_large",
        f"{kib} Kio : 64 Kio et 2 000 éléments au plus.",
        f"{kib} KiB: at most 64 KiB and 2,000 elements.",
    )


def link_missing(part: str, names: tuple[str, ...]) -> Complaint:
    """A link that the law or the survey needs is absent, or depends on a condition."""
    written = [f"<{name}/>" if name.startswith("sv-") else name for name in names]
    return Complaint(
        part,
        "template_link_missing",
        f"{' ou '.join(written)} manque, ou se trouve dans un if. Ajoutez-le hors de toute condition.",
        f"{' or '.join(written)} is missing, or stands inside an if. Add it outside of any condition.",
    )


def subject(line: int, fault_fr: str, fault_en: str) -> Complaint:
    """A subject that is no subject."""
    return Complaint(
        f"subject.txt:{line}",
        "subject_invalid",
        f"Objet : {fault_fr}. De 1 à 150 caractères, sur une ligne.",
        f"Subject: {fault_en}. 1 to 150 characters, on one line.",
    )
