"""A logo drawn again by ourselves: of what was uploaded nothing is kept but its colours; small, and always one size."""

from __future__ import annotations

import hashlib
import io
import warnings
from typing import Any

from surveyor.core.brands.pictures import MAX_PIXELS, read_head, wrong_type
from surveyor.errors import Complaint, Refused

#: Twice what emails and pages show (150 x 40), for screens with fine pixels.
WIDTH, HEIGHT = 300, 80
#: White around it, so that the plate has an edge in the dark.
MARGIN = 6
_WHITE = (255, 255, 255)
#: A channel that differs by less from white is not seen on it.
_SEEN = 24


def drawn_again(raw: bytes) -> tuple[str, bytes]:
    """The file name and the bytes of the logo: PNG or JPEG, 300 x 80 on white, without a word of what came with it.

    The name is its SHA-256, so that it never changes under a name. Raises Refused: 413, 415 (core/brands/pictures.py);
    422 `logo_blank` when nothing of it would be seen on white.
    """
    kind = read_head(raw).kind
    from PIL import Image, ImageOps  # noqa: PLC0415 - at the first upload: no start needs it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(raw), formats=(kind,)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise wrong_type(kind)
                upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Warning, Image.DecompressionBombError):
        raise wrong_type(kind) from None
    canvas = _on_white(upright, Image)
    body = _smallest(canvas, Image, photo=kind == "JPEG")
    suffix = "png" if body.startswith(b"\x89PNG") else "jpg"
    return f"{hashlib.sha256(body).hexdigest()}.{suffix}", body


def _on_white(image: Any, pillow: Any) -> Any:
    """Cut to what is seen, fitted at the left of a white plate: it reads the same in the dark."""
    flat = pillow.new("RGB", image.size, _WHITE)
    flat.paste(image, mask=image.getchannel("A"))
    seen = flat.convert("L").point(lambda light: 255 if light < 255 - _SEEN else 0).getbbox()
    if seen is None:
        fr = "Rien de ce logo ne se verrait sur un fond blanc. Choisissez sa version pour fond clair."
        en = "Nothing of this logo would be seen on white. Choose its version for light backgrounds."
        raise Refused([Complaint("logo", "logo_blank", fr, en)])
    flat = flat.crop(seen)
    share = min((WIDTH - 2 * MARGIN) / flat.width, (HEIGHT - 2 * MARGIN) / flat.height)
    size = (max(1, round(flat.width * share)), max(1, round(flat.height * share)))
    plate = pillow.new("RGB", (WIDTH, HEIGHT), _WHITE)
    plate.paste(flat.resize(size, pillow.Resampling.LANCZOS), (MARGIN, (HEIGHT - size[1]) // 2))
    return plate


def _smallest(plate: Any, pillow: Any, *, photo: bool) -> bytes:
    """As PNG of few colours; a photograph may be smaller as JPEG."""
    few = plate.quantize(colors=32, method=pillow.Quantize.MEDIANCUT, dither=pillow.Dither.NONE)
    forms = [_bytes(few, "PNG", optimize=True)]
    if photo:
        forms.append(_bytes(plate, "JPEG", quality=82, optimize=True))
    return min(forms, key=len)


def _bytes(image: Any, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()
