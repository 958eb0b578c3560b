"""What the automatic checks of an email say, in French: whatever its author can cause, for the screens."""

from __future__ import annotations

import re

_EXACT = {
    "the first words are the subject again": "les premiers mots répètent l'objet",
    "the first words are no sentence": "les premiers mots ne font pas une phrase",
    "the first words are a chore (an address, a way out), not what the email says": (
        "les premiers mots sont une corvée (une adresse, une sortie), pas ce que dit l'e-mail"
    ),
    "Subject: an address": "objet : une adresse",
    "Subject: it pretends to be an answer": "objet : il se fait passer pour une réponse",
    "Subject: marks that shout": "objet : une ponctuation qui crie",
    "Subject: 1 to 150 characters on one line": "objet : de 1 à 150 caractères sur une ligne",
    "the text part has an address that is no field": "la version texte a une adresse qui n'est pas une variable",
    "a line of the text part is over 998": "une ligne de la version texte dépasse 998 octets",
    "a tag or an entity in the text part": "une balise ou une entité dans la version texte",
    "no text part": "pas de version texte",
    "a style loads something": "un style charge quelque chose",
    "a value changed the tree": "une valeur hostile change la page",
    "an image without alt, width and height": "une image sans alt, width et height",
    "hidden text": "un texte que personne ne voit",
    "more images than the logo": "plus d'images que le logo",
    "an image of a few pixels": "une image de quelques pixels",
    "a cell without its own ground and colour of text": "une cellule sans couleur de fond ni de texte à elle",
}
_SHAPED = (
    (re.compile(r"Subject: capitals \((.*)\)"), r"objet : des capitales (\1)"),
    (re.compile(r"not neutral: (.*)"), r"pas neutre : « \1 »"),
    (re.compile(r"word of spam: (.*)"), r"mot de courrier indésirable : « \1 »"),
    (re.compile(r"languages differ in their (.*)"), r"les langues n'ont pas les mêmes \1"),
    (re.compile(r"(<\w+>) leads elsewhere"), r"\1 mène ailleurs"),
    (re.compile(r"(.*) left in the (text|html)"), r"\1 reste dans la version \2"),
    (re.compile(r"contrast (.*)"), r"contraste \1"),
    (re.compile(r"email not built: (.*)"), r"l'e-mail ne se construit pas : \1"),
)
_WORDS = {"fields": "variables", "links": "liens", "blocks": "blocs", "and": "et"}


def in_french(what: str) -> str:
    """The finding in French; as it is when no author can cause it."""
    if what in _EXACT:
        return _EXACT[what]
    for shape, said in _SHAPED:
        found = shape.fullmatch(what)
        if found is not None:
            french = found.expand(said)
            if "differ" in what:
                french = re.sub(r"\b(fields|links|blocks|and)\b", lambda word: _WORDS[word[0]], french)
            return french
    return what
