"""Headings and set phrases of reports in French and English, between their figures and their reader."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from surveyor.core.quoting import french
from surveyor.core.rounding import display_count

HEADINGS: Mapping[str, tuple[str, str]] = {
    "network": ("Réseau", "Network"),
    "express.todo": ("À faire cette semaine", "To do this week"),
    "express.said": ("Ce que disent les clients (les plus récents)", "What customers say (the latest)"),
    "express.mentioned": ("Ce que disent les clients", "What customers say"),
    "express.collected": ("Collecte", "Collection"),
    "express.health": ("Signes à regarder", "Signs to look at"),
    "express.advice": ("Recommandations", "Recommendations"),
    "voice.essential": ("L'essentiel", "In short"),
    "voice.split": ("Répartition", "Distribution"),
    "voice.matters": ("Ce qui compte", "What matters"),
    "voice.words": ("Ce que disent les clients (les plus récents)", "What customers say (the latest)"),
    "voice.dislikes": ("Irritants et frustrations", "What annoys"),
    "voice.likes": ("Ce que les clients apprécient", "What customers like"),
    "voice.replies": ("Nos réponses", "Our replies"),
    "voice.collection": ("Collecte", "Collection"),
    "voice.comparison": ("Comparaison", "Comparison"),
    "voice.advice": ("Recommandations", "Recommendations"),
    "voice.follow": ("Suivi des recommandations du mois précédent", "Last month's recommendations"),
    "voice.plans": ("Plans d'action nationaux", "National action plans"),
    "voice.team": ("Fiche équipe", "Team sheet"),
    "voice.method": ("Méthode", "Method"),
    "team.good": ("Ce qui plaît", "What customers like"),
    "team.read": (
        "Trop peu de libellés ce mois-ci : lisez ensemble les verbatims.",
        "Too few labels this month: read the comments together.",
    ),
    "team.work": ("Un point à travailler", "One point to work on"),
    "band.promoter": ("Promoteurs (9-10)", "Promoters (9-10)"),
    "band.passive": ("Passifs (7-8)", "Passives (7-8)"),
    "band.detractor": ("Détracteurs (0-6)", "Detractors (0-6)"),
    "custscore.nps": ("NPS", "NPS"),
    "custscore.reply_rate": ("Taux de réponse aux avis", "Reply rate"),
    "custscore.reply_time": ("Temps de réponse", "Reply time"),
    "custscore.cx_matrix": ("CX Matrix", "CX Matrix"),
    "custscore.review_volume": ("Volume d'avis", "Reviews"),
    "custscore.solicitation_volume": ("Volume de sollicitation", "Solicitations"),
    "custscore.cx_benchmark": ("CX Benchmark", "CX Benchmark"),
    "custscore.label_coverage": ("Libellés", "Labels"),
    "custscore.store_connections": ("Connexion des points de vente", "Store connections"),
    "custscore.google_volume": ("Volume d'avis Google", "Google reviews"),
    "custscore.faq": ("FAQ", "FAQ"),
    "custscore.widgets": ("Widgets", "Widgets"),
    "status.": ("pas de suivi indiqué", "no follow-up given"),
    "status.done": ("fait", "done"),
    "status.in_progress": ("en cours", "in progress"),
    "status.dismissed": ("écarté", "dismissed"),
    "stores.3m": ("Magasins parmi leurs pairs (trois mois)", "Stores among their peers (three months)"),
    "stores.12m": ("Magasins parmi leurs pairs (douze mois)", "Stores among their peers (twelve months)"),
    "quiet": (
        "Rien à signaler : aucune réponse en quatre semaines, aucun e-mail envoyé cette semaine.",
        "Nothing to report: no answer in four weeks, no email sent this week.",
    ),
    "paused": (
        "Quatre semaines de suite sans rien à signaler : cet express s'arrête, et reprendra de lui-même "
        "dès qu'il y aura des envois ou des réponses.",
        "Four weeks in a row with nothing to report: this express stops, and starts again by itself "
        "as soon as there are emails or answers.",
    ),
    "foot": (
        "NPS calculé sur les effectifs, intervalle à 95 %. Une flèche ou « significatif » demande p < 0,01, 5 points "
        "d'écart et 30 réponses des deux côtés. L'intervalle mesure le hasard de l'échantillon, pas l'absence de ceux "
        "qui ne répondent pas.",
        'NPS from counts, 95% interval. "Significant" takes p < 0.01, a gap of 5 points and 30 answers on both sides. '
        "The interval reflects sampling chance, not the customers who did not answer.",
    ),
    "trademark": (
        "Net Promoter, NPS et Net Promoter Score sont des marques de NICE Systems, Inc., Bain & Company, Inc. et "
        "Fred Reichheld.",
        "Net Promoter, NPS and Net Promoter Score are trademarks of NICE Systems, Inc., Bain & Company, Inc. and "
        "Fred Reichheld.",
    ),
}
#: Phrases with a count: {n}; the second of a pair is the singular (French 0 and 1, English 1).
COUNTED: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "unranked": (
        ("{n} magasins ont moins de 30 réponses : non classés.", "{n} magasin a moins de 30 réponses : non classé."),
        ("{n} stores have fewer than 30 answers: not ranked.", "{n} store has fewer than 30 answers: not ranked."),
    ),
    "in_line": (
        ("{n} magasins dans la moyenne de leurs pairs.", "{n} magasin dans la moyenne de ses pairs."),
        ("{n} stores in line with their peers.", "{n} store in line with its peers."),
    ),
    "sent": (("{n} envoyés", "{n} envoyé"), ("{n} sent", "{n} sent")),
    "delivered": (("{n} délivrés", "{n} délivré"), ("{n} delivered", "{n} delivered")),
    "openings": (
        ("{n} ouvertures du questionnaire", "{n} ouverture du questionnaire"),
        ("{n} openings of the survey", "{n} opening of the survey"),
    ),
    "answers": (("{n} réponses", "{n} réponse"), ("{n} answers", "{n} answer")),
    "positive_mentions": (
        ("{n} mentions positives sur {all}", "{n} mention positive sur {all}"),
        ("{n} positive mentions of {all}", "{n} positive mention of {all}"),
    ),
    "negative_mentions": (
        ("{n} mentions négatives sur {all}", "{n} mention négative sur {all}"),
        ("{n} negative mentions of {all}", "{n} negative mention of {all}"),
    ),
    "adjusted": (
        ("score ajusté {value} {interval}, {n} réponses", "score ajusté {value} {interval}, {n} réponse"),
        ("adjusted score {value} {interval}, {n} answers", "adjusted score {value} {interval}, {n} answer"),
    ),
}


@lru_cache(maxsize=512)
def heading(key: str, language: str) -> str:
    """A heading or a set phrase. KeyError for an unknown one."""
    pair = HEADINGS[key]
    return french(pair[0]) if language == "fr" else pair[1]


def counted(key: str, n: int, language: str, **values: str) -> str:
    """A phrase about n things, in the number its language asks for."""
    is_french = language == "fr"
    many, one = COUNTED[key][0 if is_french else 1]
    text = one if n == 1 or (n == 0 and is_french) else many
    text = text.replace("{n}", display_count(n, language))
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return french(text) if is_french else text
