"""What customers do with their link: the invitation behind a token, visits, forms received and the one that stands."""

from surveyor.db.responses.forms import Held, NewRevision, StoredRevision, hold, insert_revision, save_response
from surveyor.db.responses.links import Counted, Link, Opened, find, link_of, lock_invitation, survey_of
from surveyor.db.responses.visits import Opening, forget_visit, mark_visited, note_visited, open_page, unvisited

__all__ = [
    "Counted",
    "Held",
    "Link",
    "NewRevision",
    "Opened",
    "Opening",
    "StoredRevision",
    "find",
    "forget_visit",
    "hold",
    "insert_revision",
    "link_of",
    "lock_invitation",
    "mark_visited",
    "note_visited",
    "open_page",
    "save_response",
    "survey_of",
    "unvisited",
]
