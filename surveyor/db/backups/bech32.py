"""How age writes the keys that seal backups of the line: Bech32 (BIP 173), of any length."""

from __future__ import annotations

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, data: bytes) -> str:
    """Lower case; `prefix` is what stands before the 1."""
    words = _regroup(data, 8, 5, pad=True)
    check = _polymod([*_expand(prefix), *words, *[0] * 6]) ^ 1
    words += [check >> 5 * (5 - n) & 31 for n in range(6)]
    return prefix + "1" + "".join(_LETTERS[word] for word in words)


def decode(prefix: str, text: str) -> bytes:
    """The data of a text that `encode` made, in either case. Raises ValueError: another prefix, a slip in a letter."""
    lower = text.lower()
    head, one, tail = lower.rpartition("1")
    if text not in (lower, text.upper()) or not one or head != prefix or len(tail) < 6:
        raise ValueError(f"a key that begins with {prefix}1")
    try:
        words = [_LETTERS.index(letter) for letter in tail]
    except ValueError:
        raise ValueError("a letter that no key has") from None
    if _polymod([*_expand(prefix), *words]) != 1:
        raise ValueError("a slip in a letter: its check does not come out")
    return bytes(_regroup(words[:-6], 5, 8, pad=False))


def _expand(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(words: list[int]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for n, generator in enumerate(_GENERATORS):
            check ^= generator if top >> n & 1 else 0
    return check


def _regroup(words: bytes | list[int], of: int, into: int, *, pad: bool) -> list[int]:
    held = bits = 0
    out = []
    for word in words:
        held, bits = held << of | word, bits + of
        while bits >= into:
            bits -= into
            out.append(held >> bits & (1 << into) - 1)
    rest = held & (1 << bits) - 1
    if pad and bits:
        out.append(rest << into - bits & (1 << into) - 1)
    elif not pad and (bits >= of or rest):
        raise ValueError("a key of another length")
    return out
