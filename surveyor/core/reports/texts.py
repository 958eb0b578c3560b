"""The sentences of the recommendations in French and English, with their slots (indicators.md, 19.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

#: Sentences of one rule in one language; `one` stands beside a sentence whose {k} is 1.
Sentence = str | tuple[str, str]

TEXTS: Mapping[str, Mapping[str, Sequence[Sentence]]] = {
    "R1": {
        "fr": ["Un client signale {theme}.", "À traiter aujourd'hui."],
        "en": ["A customer reports {theme}.", "Handle it today."],
    },
    "R2": {
        "fr": [
            (
                "{k} clients mécontents attendent depuis plus de 48 h.",
                "{k} client mécontent attend depuis plus de 48 h.",
            ),
            ("Répondez-leur personnellement.", "Répondez-lui personnellement."),
        ],
        "en": [
            (
                "{k} unhappy customers have waited over 48 h.",
                "{k} unhappy customer has waited over 48 h.",
            ),
            "Reply personally.",
        ],
    },
    "R3": {
        "fr": [
            "Le NPS baisse de {a} à {b} (écart entre {lo} et {hi}).",
            "Regardez d'abord {label1} et {label2}.",
            "La cause n'est pas connue.",
        ],
        "en": [
            "NPS fell from {a} to {b} (gap between {lo} and {hi}).",
            "Look first at {label1} and {label2}.",
            "The cause is not known.",
        ],
    },
    "R4": {
        "fr": ["« {label} » revient plus souvent chez les détracteurs : {k1} sur {n1}, contre {k0} sur {n0}."],
        "en": ['"{label}" comes up more often among detractors: {k1} of {n1}, was {k0} of {n0}.'],
    },
    "R5": {
        "fr": [
            "« {label} » est important et mal vécu depuis {m} mois ({pos} positifs, {neg} négatifs).",
            "Fixez une action et une date.",
        ],
        "en": [
            '"{label}" has been important and badly rated for {m} months ({pos} positive, {neg} negative).',
            "Set one action and a date.",
        ],
    },
    "R6": {
        "fr": ["Le magasin est en dessous de ses pairs ({own} contre {peers}).", "Échangez avec {best_peer}."],
        "en": ["The store is below its peers ({own} vs {peers}).", "Talk to {best_peer}."],
    },
    "R7": {
        "fr": ["Pratiques à partager : comment {store} fait-il sur « {label} » ?"],
        "en": ['Practice to share: how does {store} handle "{label}"?'],
    },
    "R8": {
        "fr": ["« {label} » plaît ({pos} avis positifs sur {mentions}).", "Faites-le savoir."],
        "en": ['Customers like "{label}" ({pos} positive of {mentions}).', "Make it known."],
    },
    "R9": {
        "fr": ["{x} des adresses sont refusées.", "Vérifiez la saisie des e-mails en magasin."],
        "en": ["{x} of addresses are refused.", "Check how emails are typed in store."],
    },
    "R10a": {
        "fr": ["Les clients ouvrent le questionnaire mais ne le finissent pas ({x}).", "Testez-le sur mobile."],
        "en": ["Customers open the survey but do not finish it ({x}).", "Test it on a phone."],
    },
    "R10b": {
        "fr": ["Peu de clients cliquent ({x}).", "Objet et expéditeur à revoir."],
        "en": ["Few customers click ({x}).", "Review subject and sender."],
    },
    "R11": {
        "fr": [
            "Trop de désabonnements ({x}).",
            "Trop de plaintes pour spam ({spam}).",
            "Réduisez la pression ({p} e-mails par client et par an).",
        ],
        "en": [
            "Too many unsubscribes ({x}).",
            "Too many spam complaints ({spam}).",
            "Reduce pressure ({p} emails per customer and year).",
        ],
    },
    "R12": {
        "fr": [
            "Les mêmes clients répondent moins au 4e e-mail qu'au 1er ({d} points).",
            "Espacez les envois : voir la simulation.",
        ],
        "en": [
            "The same customers answer less to the 4th email than to the 1st ({d} points).",
            "Space the emails: see the simulation.",
        ],
    },
    "R13": {
        "fr": [
            "Les répondants ne ressemblent pas à la clientèle ({segment} sur-représenté).",
            "Lisez le NPS redressé.",
        ],
        "en": [
            "Respondents do not look like your customers ({segment} over-represented).",
            "Read the weighted NPS.",
        ],
    },
    "R14": {
        "fr": [
            "Trop peu de réponses pour conclure ({n}).",
            "Lisez les verbatims ; la simulation montre comment en obtenir plus.",
        ],
        "en": ["Too few answers to conclude ({n}).", "Read the comments; the simulation shows how to get more."],
    },
    "R15": {
        "fr": [
            (
                "{k} magasins ne se sont pas connectés depuis 3 semaines.",
                "{k} magasin ne s'est pas connecté depuis 3 semaines.",
            )
        ],
        "en": [("{k} stores have not logged in for 3 weeks.", "{k} store has not logged in for 3 weeks.")],
    },
    "R16": {
        "fr": [
            "Le NPS progresse depuis « {action} » ({a} puis {b}).",
            "Ce n'est pas une preuve : {other_changes}.",
            "L'expérience « {experiment} », tirée au sort, le confirme.",
            "La part de cette action dans la hausse n'est pas connue : {besides}.",
        ],
        "en": [
            'NPS has risen since "{action}" ({a}, then {b}).',
            "This is not proof: {other_changes}.",
            'The randomised experiment "{experiment}" confirms it.',
            "How much of the rise comes from this action is not known: {besides}.",
        ],
    },
}
#: What no figure of ours says, beside each recommendation; "" where its sentences say so already.
UNKNOWN: Mapping[str, tuple[str, str]] = {
    "R1": ("ce qui s'est passé : seul le client l'a raconté", "what happened: only the customer has told it"),
    "R2": ("ce qui est attendu de la réponse", "what is expected from the reply"),
    "R3": ("", ""),
    "R4": (
        "si plus de clients sont touchés, ou si plus de clients l'écrivent",
        "whether more customers are affected, or more of them write it",
    ),
    "R5": ("ce qu'en pensent ceux qui n'en parlent pas", "what those who do not mention it think"),
    "R6": (
        "si leurs clients et leur zone sont comparables en tout",
        "whether their customers and area are alike in everything",
    ),
    "R7": ("si cette pratique fait le score", "whether this practice makes the score"),
    "R8": ("ce qu'en pensent ceux qui n'en parlent pas", "what those who do not mention it think"),
    "R9": ("pourquoi : adresse mal saisie, boîte fermée ou pleine", "why: mistyped address, closed or full mailbox"),
    "R10a": ("ce qui les arrête", "what stops them"),
    "R10b": (
        "combien ont lu l'e-mail : les ouvertures ne sont pas suivies",
        "how many read the email: opens are not tracked",
    ),
    "R11": ("pourquoi ils partent : personne ne le leur demande", "why they leave: nobody asks them"),
    "R12": ("si la pression est seule en jeu", "whether pressure alone is at work"),
    "R13": ("ce que diraient ceux qui ne répondent pas", "what those who do not answer would say"),
    "R14": ("ce que pensent les autres clients", "what the other customers think"),
    "R15": ("s'ils lisent ces rapports par e-mail", "whether they read these reports by email"),
    "R16": ("", ""),
}


def unknown(rule: str, language: str) -> str:
    """What is not known of a recommendation, as a sentence; "" where it says so itself."""
    said = UNKNOWN[rule][0 if language == "fr" else 1]
    if not said:
        return ""
    return f"Ce que nous ne savons pas : {said}." if language == "fr" else f"What we do not know: {said}."


NOTHING = (
    "Rien de significatif : continuez, et lisez les verbatims.",
    "Nothing significant: carry on and read the comments.",
)
#: Where something is significant and was said within 28 days.
NOTHING_NEW = (
    "Rien de nouveau : ce qui a été recommandé ces 28 derniers jours reste vrai.",
    "Nothing new: what was recommended in the last 28 days still holds.",
)
_SLOT = re.compile(r"\{(\w+)\}")


def filled(texts: Mapping[str, Sequence[Sentence]], slots: Mapping[str, object], language: str) -> str:
    """The sentences whose slots are all known, in "fr" or English; the others are left out. A slot is plain text."""
    sentences = []
    for sentence in texts["fr" if language == "fr" else "en"]:
        text = sentence if isinstance(sentence, str) else sentence[1 if slots.get("k") == 1 else 0]
        if all(slots.get(name) not in (None, "") for name in _SLOT.findall(text)):
            sentences.append(_SLOT.sub(lambda found: str(slots[found[1]]), text))
    return " ".join(sentences)
