"""What a file is by its content, whatever its name says; and a small picture of a large one."""

import warnings
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from tocsin.edge import sounds

#: Pixels of a picture that we draw smaller; a larger one is kept, as a file.
MOST_PIXELS = 60_000_000
#: The longer side of a small picture, in pixels.
SMALL = 480
#: Pictures that browsers show, by the name that the library gives them.
SHOWN = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
#: What other files begin with.
MAGIC = (
    (b"%PDF-", "application/pdf"), (b"PK\x03\x04", "application/zip"), (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"), (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"), (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-executable"),
)  # fmt: skip
#: Text is recognised by so many of its first bytes.
HEAD = 64 * 1024


def look(file: BinaryIO) -> tuple[str, int | None, int | None]:
    """Media type, and width and height in pixels of a picture that can be shown. Reads no more than it must."""
    file.seek(0)
    head = file.read(HEAD)
    found = (
        _picture(file)
        if head[:4] in (b"\x89PNG", b"GIF8", b"RIFF")
        or head[:3] == b"\xff\xd8\xff"
        or head[4:12] == b"ftypavif"
        else None
    )
    if found:
        return found
    if played := sounds.look(head):
        return played, None, None
    for begins, media in MAGIC:
        if head.startswith(begins):
            return media, None, None
    return ("text/plain" if _is_text(head) else "application/octet-stream"), None, None


def _picture(file: BinaryIO) -> tuple[str, int, int] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            file.seek(0)
            with Image.open(file, formats=tuple(SHOWN)) as picture:
                media, (width, height) = SHOWN[picture.format or ""], picture.size
                if width * height > MOST_PIXELS:
                    return None
                picture.verify()
            return media, width, height
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        KeyError,
        Image.DecompressionBombError,
        Warning,
    ):
        return None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be cut in two.
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return "\x00" not in text


def small(source: BinaryIO) -> bytes | None:
    """A picture no larger than `SMALL` on either side, as WebP, without what a camera noted about place and time. None for what cannot
    be drawn."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            source.seek(0)
            with Image.open(source, formats=tuple(SHOWN)) as picture:
                if picture.size[0] * picture.size[1] > MOST_PIXELS:
                    return None
                picture.draft("RGB", (SMALL * 2, SMALL * 2))
                turned = ImageOps.exif_transpose(picture).convert(
                    "RGBA" if "A" in picture.getbands() or picture.mode == "P" else "RGB"
                )
                turned.thumbnail((SMALL, SMALL))
                out = BytesIO()
                turned.save(out, "WEBP", quality=80)
                return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        return None
