"""What people type, as HTML: code, bold, links, lists, mentions. Everything else is text; nothing typed becomes markup."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit
from uuid import UUID

from markupsafe import Markup, escape

from tocsin.incidents.said_model import Mention
from tocsin.web.unfurl import label, short

#: Longer blocks are folded: the record stays readable around them.
FOLD = 12
#: And so long one, in characters.
FOLD_LONG = 5_000
_URL = r"https?://[^\s<>\"']+"
_INLINE = (
    r"(?P<code>`[^`\n]+`)|(?P<named>\[[^\]\n]{1,200}\]\(https?://[^\s<>\"')]+\))|"
    rf"(?P<url>{_URL})|(?P<bold>\*\*[^*\n]+\*\*)|(?P<key>\bINC-\d+\b)"
)
_ITEM = re.compile(r"^\s{0,3}(?:[-*•]|\d{1,2}[.)])\s+(.*)$")
_FENCE = re.compile(r"^\s{0,3}```\s*([\w+-]{0,20})\s*$")
#: Shown as what they are where text is copied from, so that code is what it looks like.
_HIDDEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
#: Addresses of our own things by path, and their labels.
Own = Mapping[str, str]


def html(text: str, mentions: Iterable[Mention] = (), own: Own | None = None, base: str = "") -> Markup:
    """The words of a line. `own`: labels of our own alerts, incidents and services that are named in it, by path."""
    inline = _Inline(mentions, own or {}, base)
    return Markup("").join(_block(kind, lines, inline) for kind, lines in _blocks(text))


def is_block(text: str) -> bool:
    """Whether it needs more than the rest of a line: code, lists."""
    return any(kind != "text" for kind, _ in _blocks(text))


def pre(text: str, title: str = "") -> Markup:
    """Text as a terminal showed it, folded when it is long. What turns the direction of text around is shown as a code."""
    lines = text.split("\n")
    shown = Markup('<pre tabindex="0" dir="ltr"><code>{}</code></pre>').format(
        _HIDDEN.sub(lambda m: f"[U+{ord(m[0]):04X}]", text)
    )
    if len(lines) <= FOLD and len(text) <= FOLD_LONG:
        return shown
    many = f"{len(lines)} lines" if len(lines) > 1 else f"{len(text):,} characters"
    first = title or next((line.strip() for line in lines if line.strip()), "")[:80]
    return Markup(
        '<details class="fold"><summary><span class="mono">{}</span> <span class="soft">{}</span></summary>{}</details>'
    ).format(first, many, shown)


def _blocks(text: str) -> list[tuple[str, list[str]]]:
    """Runs of lines: `text`, `list`, or `code` without its fences. A fence that nobody closed ends with the text."""
    found: list[tuple[str, list[str]]] = []
    fenced = False
    for line in text.split("\n"):
        if _FENCE.match(line) and (fenced or line.strip() != "```" or "```" in text):
            fenced = not fenced
            if fenced:
                found.append(("code", []))
            continue
        kind = "code" if fenced else "list" if _ITEM.match(line) else "text"
        if not found or found[-1][0] != kind or (kind == "code" and not fenced):
            found.append((kind, []))
        found[-1][1].append(line)
    return [(kind, lines) for kind, lines in found if any(line.strip() for line in lines)]


def _block(kind: str, lines: Sequence[str], inline: "_Inline") -> Markup:
    if kind == "code":
        return pre("\n".join(lines))
    if kind == "list":
        items = [_ITEM.match(line) for line in lines]
        return Markup("<ul>{}</ul>").format(
            Markup("").join(Markup("<li>{}</li>").format(inline.html(item[1])) for item in items if item)
        )
    return inline.html("\n".join(lines).strip("\n"))


class _Inline:
    """What stands within a line."""

    def __init__(self, mentions: Iterable[Mention], own: Own, base: str) -> None:
        self._people: dict[str, Sequence[UUID]] = {m.words.casefold(): m.people for m in mentions}
        names = "|".join(re.escape(name) for name in sorted(self._people, key=len, reverse=True))
        at = rf"|(?P<at>(?<![\w@/])@(?:{names})(?!\w))" if names else ""
        self._pattern = re.compile(_INLINE + at, re.IGNORECASE)
        self._own = own
        self._base = base.rstrip("/")

    def html(self, text: str) -> Markup:
        parts, end = [], 0
        for match in self._pattern.finditer(text):
            parts += [escape(text[end : match.start()]), self._token(str(match.lastgroup), match[0])]
            end = match.end()
        return Markup("").join([*parts, escape(text[end:])])

    def _token(self, kind: str, text: str) -> Markup:
        if kind == "code":
            return Markup("<code>{}</code>").format(text[1:-1])
        if kind == "bold":
            return Markup("<strong>{}</strong>").format(text[2:-2])
        if kind == "at":
            people = " ".join(str(person) for person in self._people[text[1:].casefold()])
            return Markup('<span class="mention" data-people="{}">{}</span>').format(people, text)
        if kind == "key":
            path = f"/incidents/{text.upper()}"
            return self._ours(path, path) if path in self._own else escape(text)
        if kind == "named":
            words, _, url = text[1:-1].partition("](")
            return Markup('{} <span class="soft">({})</span>').format(_link(url, words), _host(url))
        bare = text.rstrip(".,;:!?)]}…")
        return self._address(bare) + escape(text[len(bare) :])

    def _address(self, url: str) -> Markup:
        path = url.removeprefix(self._base) if self._base and url.startswith(f"{self._base}/") else ""
        where = path.partition("?")[0].partition("#")[0]
        return self._ours(where, path) if where in self._own else _link(url, label(url) or short(url))

    def _ours(self, where: str, path: str) -> Markup:
        return Markup('<a class="ours" href="{}">{}</a>').format(path, self._own[where])


def _link(url: str, words: str) -> Markup:
    return Markup('<a href="{}" title="{}" rel="noreferrer noopener" target="_blank">{}</a>').format(
        url, url, words
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return "?"
