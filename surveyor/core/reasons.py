"""Why a customer was not asked: the closed list of reasons between an order and its email (rules.md, 8)."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a rule says of one order, or of one occurrence of a cycle."""

    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    SUPPRESSED = "SUPPRESSED"
    SCHEDULED = "SCHEDULED"


class Reason(StrEnum):
    """One reason; `GROUP` says who could do something about it, `LABELS` how screens say it."""

    BELOW_MIN_ORDERS = "BELOW_MIN_ORDERS"
    ENROLLED = "ENROLLED"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    LOWER_PRIORITY = "LOWER_PRIORITY"
    NO_EMAIL = "NO_EMAIL"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    SPAM_COMPLAINT = "SPAM_COMPLAINT"
    HARD_BOUNCE = "HARD_BOUNCE"
    BLOCKED = "BLOCKED"
    PAUSED = "PAUSED"
    STORE_EXCLUDED = "STORE_EXCLUDED"
    EXPIRED = "EXPIRED"
    COOLDOWN = "COOLDOWN"
    ANNUAL_CAP = "ANNUAL_CAP"
    OPEN_SOLICITATION = "OPEN_SOLICITATION"
    SAMPLING_HOLD = "SAMPLING_HOLD"
    HOLDOUT = "HOLDOUT"
    SAMPLED_OUT = "SAMPLED_OUT"
    RULE_DISABLED = "RULE_DISABLED"
    ANCHOR_CANCELLED = "ANCHOR_CANCELLED"
    BELOW_MIN_AT_SEND = "BELOW_MIN_AT_SEND"
    IDLE = "IDLE"
    STOPPED_IDLE = "STOPPED_IDLE"
    SUPERSEDED = "SUPERSEDED"
    PROVIDER_REJECTED = "PROVIDER_REJECTED"
    ANSWERED = "ANSWERED"
    LINK_EXPIRED = "LINK_EXPIRED"
    BUILD_ERROR = "BUILD_ERROR"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    UNCONFIRMED = "UNCONFIRMED"
    OPERATOR = "OPERATOR"
    NO_ACCESS = "NO_ACCESS"

    #: That of its text, not the slower one that an enumeration makes of its name; they are equal.
    __hash__ = str.__hash__


#: P pressure or choice of the rules, O opposition, N nothing left to ask, I can be improved, "-" not a refusal.
GROUP: dict[Reason, str] = {
    Reason.BELOW_MIN_ORDERS: "-",
    Reason.ENROLLED: "-",
    Reason.OUT_OF_SCOPE: "N",
    Reason.ORDER_CANCELLED: "-",
    Reason.LOWER_PRIORITY: "P",
    Reason.NO_EMAIL: "I",
    Reason.UNSUBSCRIBED: "O",
    Reason.SPAM_COMPLAINT: "O",
    Reason.HARD_BOUNCE: "I",
    Reason.BLOCKED: "I",
    Reason.PAUSED: "O",
    Reason.STORE_EXCLUDED: "N",
    Reason.EXPIRED: "I",
    Reason.COOLDOWN: "P",
    Reason.ANNUAL_CAP: "P",
    Reason.OPEN_SOLICITATION: "P",
    Reason.SAMPLING_HOLD: "P",
    Reason.HOLDOUT: "P",
    Reason.SAMPLED_OUT: "P",
    Reason.RULE_DISABLED: "N",
    Reason.ANCHOR_CANCELLED: "N",
    Reason.BELOW_MIN_AT_SEND: "N",
    Reason.IDLE: "N",
    Reason.STOPPED_IDLE: "N",
    Reason.SUPERSEDED: "P",
    Reason.PROVIDER_REJECTED: "I",
    Reason.ANSWERED: "-",
    Reason.LINK_EXPIRED: "-",
    Reason.BUILD_ERROR: "I",
    Reason.INTERNAL_ERROR: "I",
    Reason.UNCONFIRMED: "I",
    Reason.OPERATOR: "I",
    Reason.NO_ACCESS: "N",
}

LABELS: dict[Reason, tuple[str, str]] = {
    Reason.BELOW_MIN_ORDERS: ("Pas assez de commandes", "Not enough orders"),
    Reason.ENROLLED: ("Déjà dans le cycle", "Already in the cycle"),
    Reason.OUT_OF_SCOPE: ("Hors du périmètre de la règle", "Outside the rule's scope"),
    Reason.ORDER_CANCELLED: ("Commande annulée", "Order cancelled"),
    Reason.LOWER_PRIORITY: ("Une règle prioritaire a été retenue", "A rule of higher priority was chosen"),
    Reason.NO_EMAIL: ("Pas d'adresse", "No address"),
    Reason.UNSUBSCRIBED: ("Désinscrit", "Unsubscribed"),
    Reason.SPAM_COMPLAINT: ("A signalé un courrier indésirable", "Reported an email as spam"),
    Reason.HARD_BOUNCE: ("Adresse invalide", "Invalid address"),
    Reason.BLOCKED: ("Adresse bloquée", "Blocked address"),
    Reason.PAUSED: ("Pause demandée par le client", "Pause asked by the customer"),
    Reason.STORE_EXCLUDED: ("Magasin exclu des enquêtes", "Store excluded from surveys"),
    Reason.EXPIRED: ("Trop tard", "Too late"),
    Reason.COOLDOWN: ("Déjà sollicité récemment", "Asked recently"),
    Reason.ANNUAL_CAP: ("Plafond annuel atteint", "Yearly cap reached"),
    Reason.OPEN_SOLICITATION: ("Un envoi est déjà prévu", "An email is already planned"),
    Reason.SAMPLING_HOLD: ("Non retenu récemment", "Not drawn recently"),
    Reason.HOLDOUT: ("Groupe témoin", "Holdout group"),
    Reason.SAMPLED_OUT: ("Non tiré au sort", "Not drawn"),
    Reason.RULE_DISABLED: ("Règle arrêtée", "Rule stopped"),
    Reason.ANCHOR_CANCELLED: ("Commande annulée entre-temps", "Order cancelled meanwhile"),
    Reason.BELOW_MIN_AT_SEND: ("Plus assez de commandes", "No longer enough orders"),
    Reason.IDLE: ("Aucune commande récente", "No recent order"),
    Reason.STOPPED_IDLE: ("Aucune commande récente, cycle arrêté", "No recent order, cycle stopped"),
    Reason.SUPERSEDED: ("Remplacé par une règle prioritaire", "Replaced by a rule of higher priority"),
    Reason.PROVIDER_REJECTED: ("Refusé par le service d'envoi", "Refused by the sending service"),
    Reason.ANSWERED: ("A déjà répondu", "Already answered"),
    Reason.LINK_EXPIRED: ("Lien fermé", "Link closed"),
    Reason.BUILD_ERROR: ("E-mail impossible à construire", "Email could not be built"),
    Reason.INTERNAL_ERROR: ("Erreur interne", "Internal error"),
    Reason.UNCONFIRMED: ("Envoi jamais confirmé", "Sending never confirmed"),
    Reason.OPERATOR: ("Retiré par l'exploitant", "Dropped by the operator"),
    Reason.NO_ACCESS: ("Destinataire sans accès", "Reader lost access"),
}


def label(reason: str, language: str) -> str:
    """The words for a reason in "fr" or "en"; an unknown word comes back as it is."""
    try:
        pair = LABELS[Reason(reason)]
    except ValueError:
        return reason
    return pair[0] if language == "fr" else pair[1]
