"""The questions that shoppers of the demonstration ask most, with the answers of its brand; all made up."""

from __future__ import annotations

Pair = tuple[str, str]

#: (question, answer), each in French and in English.
ENTRIES: tuple[tuple[Pair, Pair], ...] = (
    (
        ("Combien de temps à l'avance dois-je commander ?", "How long ahead must I order?"),
        (
            "Deux heures avant le créneau, jusqu'à six jours à l'avance.",
            "Two hours before the slot, up to six days ahead.",
        ),
    ),
    (
        ("Que se passe-t-il si un produit manque ?", "What happens when a product is missing?"),
        (
            "Nous vous proposons un équivalent ; s'il ne convient pas, il est remboursé sur place.",
            "We offer an equivalent; if it does not suit you, it is refunded on the spot.",
        ),
    ),
    (
        ("Puis-je modifier ma commande ?", "May I change my order?"),
        ("Oui, tant que sa préparation n'a pas commencé.", "Yes, as long as it is not being prepared."),
    ),
    (
        ("Comment signaler un produit abîmé ?", "How do I report a damaged product?"),
        (
            "Dans les 48 heures, avec une photo, depuis votre compte.",
            "Within 48 hours, with a picture, from your account.",
        ),
    ),
    (
        ("Combien de temps gardez-vous ma commande ?", "How long do you keep my order?"),
        ("Jusqu'à la fermeture du drive, le jour du créneau.", "Until the drive closes, on the day of the slot."),
    ),
    (
        ("Les sacs sont-ils repris ?", "Do you take bags back?"),
        ("Oui, au retrait suivant ; ils sont recyclés.", "Yes, when you next collect; they are recycled."),
    ),
)
