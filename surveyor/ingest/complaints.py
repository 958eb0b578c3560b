"""What order events are refused for, in both languages: the words between a source's mistake and its repair."""

from __future__ import annotations

from surveyor.core.quoting import french, shown
from surveyor.errors import Complaint

_WORDS: dict[str, tuple[str, str]] = {
    "body_empty": (
        "Le corps de la requête est vide : envoyez un événement, un tableau d'événements ou du NDJSON.",
        "The request body is empty: send one event, an array of events, or NDJSON.",
    ),
    "batch_empty": ("Le tableau ne contient aucun événement.", "The array contains no event."),
    "body_too_large": ("Plus de {limit}. Découpez l'envoi.", "More than {limit_en}. Split it."),
    "too_many_events": (
        "{n} événements : au plus 1 000 par appel. Découpez l'envoi.",
        "{n} events: at most 1,000 in a call. Split the batch.",
    ),
    "json_invalid": (
        "JSON illisible à {where} : {what_fr}. Corrigez puis renvoyez.",
        "Unreadable JSON at {where}: {what_en}. Correct it and send again.",
    ),
    "json_too_deep": (
        "Plus de 20 niveaux imbriqués. Un événement est un objet plat.",
        "More than 20 nested levels. An event is one flat object.",
    ),
    "json_duplicate_key": (
        "La clé {where} figure deux fois. Gardez-en une seule.",
        "Key {where} appears twice. Keep only one.",
    ),
    "text_encoding": (
        "Le texte n'est pas en UTF-8 (octet 0x{byte:02X}, {where}). Convertissez-le en UTF-8.",
        "The text is not UTF-8 (byte 0x{byte:02X}, {where}). Convert it to UTF-8.",
    ),
    "text_control_character": (
        "{where} contient un caractère de contrôle ({point}). Retirez-le.",
        "{where} contains a control character ({point}). Remove it.",
    ),
    "field_required": ("{where} est obligatoire.", "{where} is required."),
    "field_type": (
        "{where} : {expected_fr} attendu, {got_fr} reçu.",
        "{where}: expected {expected_en}, got {got_en}.",
    ),
    "field_value": (
        "{where} : {raw} dépasse ce qu'un nombre peut tenir (entier de 64 bits, valeur finie). Envoyez un texte.",
        "{where}: {raw} is more than a number can hold (64-bit integer, finite value). Send a string.",
    ),
    "field_length": (
        "{where} : {n} caractères, {limit} au plus.",
        "{where}: {n} characters, at most {limit}.",
    ),
    "event_too_large": (
        "Événement de {n} octets : au plus 16 Kio.",
        "Event of {n} bytes: at most 16 KiB.",
    ),
    "attributes_too_large": (
        "Champs libres : {n} octets, 4 Kio au plus par événement.",
        "Free fields: {n_en} bytes, at most 4 KiB an event.",
    ),
    "too_many_fields": ("{n} champs : au plus 200 par événement.", "{n} fields: at most 200 an event."),
    "instant_without_offset": (
        "{where} : fuseau horaire manquant dans {raw}. Exemple : 2026-11-20T10:00:00+01:00.",
        "{where}: no time zone in {raw}. Example: 2026-11-20T10:00:00+01:00.",
    ),
    "instant_invalid": (
        "{where} : {raw} n'est pas une date ISO 8601. Exemple : 2026-11-20T10:00:00+01:00.",
        "{where}: {raw} is not an ISO 8601 instant. Example: 2026-11-20T10:00:00+01:00.",
    ),
    "instant_out_of_range": (
        "{where} : {raw} est hors des limites (de 1990 à 24 heures après maintenant).",
        "{where}: {raw} is out of range (from 1990 to 24 hours from now).",
    ),
    "amount_invalid": (
        "{where} : {raw} n'est pas un montant. Chiffres et point décimal, par exemple 12.50.",
        "{where}: {raw} is not an amount. Digits and a decimal point, for example 12.50.",
    ),
    "currency_invalid": (
        "{where} : {raw} n'est pas un code ISO 4217. Exemple : EUR.",
        "{where}: {raw} is not an ISO 4217 code. Example: EUR.",
    ),
    "email_several": (
        "{where} contient plusieurs adresses. Une seule est admise.",
        "{where} holds several addresses. Only one is allowed.",
    ),
    "email_invalid": (
        "{where} : adresse non valable ({what_fr}). Forme attendue : nom@domaine.fr.",
        "{where}: not a usable address ({what_en}). Expected form: name@domain.com.",
    ),
    "store_unknown": (
        "{where} : magasin {raw} inconnu. Créez-le, puis renvoyez l'événement.",
        "{where}: unknown store {raw}. Create it, then send the event again.",
    ),
    "store_unmatched": (
        "{where} : aucun magasin {raw}. {near_fr}Corrigez, ou dites sa correspondance sous [stores].",
        "{where}: no store {raw}. {near_en}Correct it, or say which one it is under [stores].",
    ),
    "score_scale": (
        "{where} : {raw} n'est pas une note entière de l'échelle {scale}.",
        "{where}: {raw} is not a whole score of the scale {scale}.",
    ),
    "date_unreadable": (
        "{where} : {raw} ne se lit pas comme une date ({forms}). Dites sa forme sous dates, par exemple %d/%m/%Y.",
        "{where}: {raw} does not read as a date ({forms}). Say its form under dates, such as %d/%m/%Y.",
    ),
    "value_unexpected": (
        "{where} : {raw} n'est pas accepté. Attendu : {expected_fr}.",
        "{where}: {raw} is not accepted. Expected: {expected_en}.",
    ),
    "line_conflict": (
        "{where} : {raw} existe déjà avec un autre contenu. Rien n'est changé ; s'il s'agit d'une autre réponse, "
        "donnez-lui un autre numéro.",
        "{where}: {raw} is there already with other content. Nothing is changed; give another number if it is another "
        "answer.",
    ),
    "column_missing": (
        "Colonne {raw} absente du fichier. Colonnes : {columns}.",
        "Column {raw} is not in the file. Columns: {columns}.",
    ),
    "event_conflict": (
        "{where} déjà reçu avec un autre contenu{what_fr}. Les deux sont gardés, rien n'est envoyé. "
        "Utilisez un nouvel event_id.",
        "{where} was already received with other content{what_en}. Both are kept, nothing is sent. Use a new event_id.",
    ),
    "stream_entry_invalid": (
        "Entrée {where} : {what_fr}. Mise en quarantaine et acquittée.",
        "Entry {where}: {what_en}. Quarantined and acknowledged.",
    ),
    "csv_header_missing": ("{what_fr}", "{what_en}"),
    "csv_header_duplicate": (
        "La colonne {raw} figure deux fois ({where}).",
        "Column {raw} appears twice ({where}).",
    ),
    "csv_too_many_rows": (
        "{n} lignes : {limit} au plus ici. Utilisez « surveyor {command} ».",
        '{n} rows: at most {limit_en} here. Use "surveyor {command}".',
    ),
    "csv_empty": ("Le fichier ne contient aucune ligne de données.", "The file holds no data row."),
    "csv_cell_count": (
        "Ligne {where} : {n} cellule{s}, {limit} attendue{s_limit}.",
        "Line {where}: {n} cell{s}, expected {limit}.",
    ),
    "csv_quote_unclosed": (
        "Ligne {where} : guillemet ouvert et jamais fermé. Doublez les guillemets dans le texte.",
        "Line {where}: a quote is opened and never closed. Double the quotes inside text.",
    ),
    "csv_line_too_long": ("Ligne {where} : plus de 64 Kio.", "Line {where}: more than 64 KiB."),
    "file_encoding": (
        "{where} : octet 0x{byte:02X} illisible en UTF-8. Enregistrez en UTF-8, ou ajoutez --encoding cp1252.",
        "{where}: byte 0x{byte:02X} is not UTF-8. Save as UTF-8, or add --encoding cp1252.",
    ),
    "file_type": ("{where} : {what_fr}", "{where}: {what_en}"),
    "file_missing": (
        "{where} : fichier introuvable ou illisible.",
        "{where}: file not found or not readable.",
    ),
    "file_already_imported": (
        "Fichier déjà importé le {day} : 0 nouvelle ligne.",
        "File already imported on {day}: 0 new row.",
    ),
    "gzip_invalid": (
        "{where} : flux gzip coupé ou abîmé ({what_fr}). Les lignes déjà reçues restent ; "
        "relancez avec le fichier complet.",
        "{where}: gzip stream cut or damaged ({what_en}). Rows already received stay; run again with the whole file.",
    ),
}

CODES = frozenset(_WORDS)


def complain(code: str, where: str = "", raw: object = None, **facts: object) -> Complaint:
    """A complaint of this code: `raw` is repeated escaped, 40 characters at most; `facts` fill the sentence."""
    words_fr, words_en = _WORDS[code]
    if raw is not None:
        facts["raw"] = _quoted(raw)
    if isinstance(number := facts.get("n"), int):
        facts |= {"n": f"{number:,}".replace(",", " "), "s": _plural(number)}
        facts.setdefault("n_en", f"{number:,}")
    if isinstance(most := facts.get("limit"), int):
        facts |= {"limit": f"{most:,}".replace(",", " "), "limit_en": f"{most:,}", "s_limit": _plural(most)}
    return Complaint(where, code, french(words_fr.format(where=where, **facts)), words_en.format(where=where, **facts))


def _plural(number: int) -> str:
    return "s" if number > 1 else ""


def _quoted(raw: object) -> str:
    text = str(raw)
    if len(text) <= 40:
        return shown(text)
    return f"{shown(text[:5])}… ({len(text):,})".replace(",", " ")
