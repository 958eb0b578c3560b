"""The text of `indicators.toml`, between who edits it and the figures: goals and the formula of the CustScore."""

from __future__ import annotations

from pathlib import Path

from surveyor.core.custscore_formula import FILE
from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused
from surveyor.shipped import shipped


def indicators_text(home: Path) -> str:
    """The file of the installation, else the one that comes with the product; a byte order mark is dropped.

    Raises Refused: `toml_invalid`, when it cannot be opened or is no text in UTF-8.
    """
    own = home / FILE
    try:
        return (own if own.exists() else shipped(FILE)).read_text("utf-8-sig")
    except UnicodeDecodeError as wrong:
        fr = f"{FILE} : pas en UTF-8 à l'octet {wrong.start}. Enregistrez-le en UTF-8."
        en = f"{FILE}: not UTF-8 at byte {wrong.start}. Save it as UTF-8."
    except OSError as wrong:
        fr, en = f"{FILE} : illisible ({wrong.strerror}).", f"{FILE}: cannot be read ({wrong.strerror})."
    raise Refused([Complaint(FILE, "toml_invalid", french(fr), en)])
