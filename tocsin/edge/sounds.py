"""Recordings by their content: sound and moving pictures that browsers play."""

#: Media types that browsers play.
PLAYED = frozenset({
    "audio/mpeg", "audio/mp4", "audio/ogg", "audio/webm", "audio/wav", "audio/flac", "audio/aac",
    "video/mp4", "video/webm", "video/ogg",
})  # fmt: skip
#: Brands of MP4, by which it says what is in it.
_SOUND, _MOVING = (
    (b"M4A ", b"M4B "),
    (b"isom", b"iso", b"mp4", b"avc1", b"dash", b"M4V ", b"MSNV", b"3gp", b"cmf"),
)
#: Bit rates of MPEG layer III by index, version 1 and the others; sample rates of version 1.
_RATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_HERTZ = (44_100, 48_000, 32_000)


def look(head: bytes) -> str | None:
    """The media type of sound or moving pictures by how a file begins; None for everything else."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "audio/mp4" if brand in _SOUND else "video/mp4" if brand.startswith(_MOVING) else None
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:4096] else "audio/ogg"
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
        return "audio/webm" if b"A_" in head and b"V_" not in head else "video/webm"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"ID3") or _frames(head):
        return "audio/mpeg"
    return "audio/aac" if _adts(head) else None


def _frames(head: bytes) -> bool:
    """Whether an MP3 begins with a frame that another one follows."""
    size = _frame(head)
    return bool(size) and _frame(head[size:]) > 0


def _frame(head: bytes) -> int:
    """The length of the frame of MPEG layer III at the beginning, or 0."""
    if len(head) < 4:
        return 0
    word = int.from_bytes(head[:4], "big")
    version, layer, rate, hertz = word >> 19 & 3, word >> 17 & 3, word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or layer != 1 or rate in (0, 15) or hertz == 3:
        return 0
    first = version == 3
    speed = _HERTZ[hertz] // (1 if first else 2 if version == 2 else 4)
    return (144 if first else 72) * _RATES[0 if first else 1][rate] * 1000 // speed + (word >> 9 & 1)


def _adts(head: bytes) -> bool:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return False
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    after = head[size : size + 2]
    return size > 7 and len(after) == 2 and after[0] == 0xFF and after[1] & 0xF6 == 0xF0
