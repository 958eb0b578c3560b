"""Sentences that customers of a French drive write, by mood; every one of them is made up."""

from __future__ import annotations

OPENINGS = {
    "good": [
        "Rien à redire.",
        "Comme d'habitude, très bien.",
        "Cliente depuis deux ans.",
        "Franchement super.",
        "Top.",
    ],
    "poor": ["Très déçue.", "Encore une fois…", "Ce n'est plus ce que c'était.", "Bof.", "Dommage."],
}
CLOSINGS = {
    "good": ["Continuez !", "Merci à toute l'équipe.", "Je recommande.", "À bientôt.", "Bravo à vous."],
    "poor": [
        "J'hésite à revenir.",
        "À revoir.",
        "Merci d'en tenir compte.",
        "Personne ne m'a rappelé.",
        "Faites quelque chose.",
    ],
}
GOOD = [
    "Commande prête à l'heure, chargée en cinq minutes.",
    "Personnel souriant et serviable, même sous la pluie.",
    "Les fruits et légumes sont bien choisis, on dirait qu'ils les prennent pour eux.",
    "Aucun produit manquant depuis trois mois.",
    "L'application est simple, je refais ma liste en deux minutes.",
    "Sacs bien rangés, le frais à part, rien d'écrasé.",
    "Le jeune homme qui m'a servie était adorable.",
    "Prix corrects et promotions bien appliquées.",
    "Pratique avec les enfants, je ne descends même pas de la voiture.",
    "Les surgelés étaient encore bien froids à la maison.",
    "On m'a appelée pour me proposer un remplacement, j'ai apprécié.",
    "Créneaux larges, même le samedi.",
    "Produits frais avec des dates longues.",
    "Toujours un mot gentil à l'arrivée.",
    "Service rapide et efficace.",
    "Le drive est facile d'accès et bien fléché.",
    "Bon choix de produits locaux.",
    "Un article abîmé remboursé tout de suite, sans discuter.",
]
MIXED = [
    "Bien dans l'ensemble, mais un peu d'attente le vendredi soir.",
    "Deux produits remplacés par des moins bons.",
    "Service correct, l'application plante parfois au moment de payer.",
    "Bonne qualité, mais les prix ont augmenté.",
    "Il manquait le persil, rien de grave.",
    "Les bananes étaient trop mûres, le reste parfait.",
    "Manque de créneaux tôt le matin.",
    "Signalétique du parking à améliorer.",
    "Accueil un peu froid mais commande complète.",
    "Trop de sacs plastiques.",
    "Bien, mais les promotions du catalogue ne sont pas toutes sur le site.",
    "Dix minutes d'attente, c'est long avec un bébé.",
]
POOR = [
    "Vingt-cinq minutes d'attente alors que j'avais un créneau.",
    "Quatre produits manquants et personne pour me prévenir.",
    "Salade flétrie et yaourts à deux jours de la date.",
    "La borne ne marche pas, personne ne répond à l'interphone.",
    "On m'a livré la commande de quelqu'un d'autre.",
    "Promotion non appliquée en caisse, toujours en attente du remboursement.",
    "Employé désagréable, à peine bonjour.",
    "Œufs cassés au fond du sac.",
    "L'application a perdu mon panier deux fois.",
    "Parking bloqué par les camions de livraison.",
    "Surgelés à moitié décongelés.",
    "Le service client ne répond jamais.",
    "Remplacements absurdes : du lait d'amande à la place du lait entier.",
    "Prix affichés différents de ceux payés.",
    "Viande emballée n'importe comment, du jus partout.",
    "Trois fois que la commande n'est pas prête.",
]
WORDS_EN = {
    "good": [
        "Quick and friendly, as always.",
        "Everything was fresh and nothing was missing.",
        "The app is easy even for someone whose French is poor.",
        "Ready on time and well packed.",
    ],
    "mixed": [
        "Good, but two items were replaced.",
        "A bit of a wait on Friday evening.",
        "Fine, though prices went up.",
    ],
    "poor": ["Waited half an hour in the car.", "Several things missing and nobody told me.", "Broken eggs again."],
}
