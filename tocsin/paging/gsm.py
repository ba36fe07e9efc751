"""What fits into one SMS. Pure.

One segment holds 160 characters of the GSM 7-bit alphabet (3GPP TS 23.038, section 6.2.1; some count twice), or 70 of
any other (UTF-16). One character outside the alphabet makes the whole message of the second kind.
"""

import unicodedata

SEGMENT, WIDE_SEGMENT = 160, 70
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: These count twice.
_EXTENDED = frozenset("^{}\\[~]|€\f")
_PLAIN = {
    "·": "-", "•": "-", "…": "...", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "‘": "'", "’": "'", "‚": "'",  # noqa: RUF001 - they are what is replaced
    "′": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"', "→": "->", "←": "<-", "×": "x", "≥": ">=",  # noqa: RUF001 - they are what is replaced
    "≤": "<=", "≠": "!=", "°": " deg", "`": "'", "´": "'", "\t": " ", "\xa0": " ", "™": "(TM)", "©": "(C)", "®": "(R)",  # noqa: RUF001 - they are what is replaced
    "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Œ": "OE", "œ": "oe", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th",  # noqa: RUF001 - as above
}  # fmt: skip


def plain(text: str) -> str:
    """The same in the GSM alphabet where its letters allow: typographic characters become plain ones, accents that the
    alphabet lacks and pictures are left out. Letters of other scripts stay."""
    return "".join(map(_plain, unicodedata.normalize("NFC", text)))


def _plain(char: str) -> str:
    if char in _BASIC or char in _EXTENDED:
        return char
    if char in _PLAIN:
        return _PLAIN[char]
    bare = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    if bare and all(c in _BASIC or c in _EXTENDED for c in bare):
        return bare
    kind = unicodedata.category(char)
    return "" if kind[0] in "CS" else " " if kind[0] == "Z" else char


def is_narrow(text: str) -> bool:
    """Whether the GSM alphabet holds all of it."""
    return all(c in _BASIC or c in _EXTENDED for c in text)


def units(text: str) -> int:
    """What it counts: septets of the GSM alphabet, else UTF-16 units."""
    if is_narrow(text):
        return sum(2 if c in _EXTENDED else 1 for c in text)
    return len(text.encode("utf-16-le", "replace")) // 2


def fits(text: str) -> bool:
    """Whether one segment holds it."""
    return units(text) <= (SEGMENT if is_narrow(text) else WIDE_SEGMENT)


def one_segment(head: str, tail: str = "") -> str:
    """`head` and `tail` in plain characters; the head is cut until one segment holds both."""
    head, tail = " ".join(plain(head).split()), plain(tail)
    if fits(head + tail):
        return head + tail
    head = head[:SEGMENT]
    while head and not fits(head.rstrip() + ".." + tail):
        head = head[:-1]
    return head.rstrip() + ".." + tail
