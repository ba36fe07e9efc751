"""What somebody says in a mail: HTML turned into text, quoted history and signatures cut off. Pure; any text may be hostile."""

import re
from html import unescape

#: Letters of HTML that are read, and up to which history is looked for; what people write is a fraction of that.
MOST = 300_000
_SILENT = frozenset({"script", "style", "title", "template"})
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul",
})  # fmt: skip
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"})
#: A tag that ends before the next one begins. What is no such tag is text: nothing is read twice, however broken it is.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9:-]{0,30})\b((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)>", re.IGNORECASE)
_HREF = re.compile(r"(?<!\S)href\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")

#: `On Mon, 23 Nov 2026 at 03:12, Ana Silva <ana@example.org> wrote:`, in the languages that are written most.
_ON = re.compile(r"(?:On|Am|Le|El|Il|Op|Em|Den|Dnia|W dniu)\b")
_WROTE = re.compile(
    r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napisał(?:\(a\)|a)?)(?!\w)"
)
_DIGIT, _WHO_OR_WHEN = re.compile(r"\d"), re.compile(r"@|\d:\d\d")
_ORIGINAL = re.compile(
    r"\s*-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Original-Nachricht|Message d'origine|Message original|Mensaje original|"
    r"Mensagem original|Messaggio originale|Oorspronkelijk bericht|Ursprungligt meddelande)\s*-{2,}\s*",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s*\*?(?:From|Von|De|Da|Van|Från|Fra)\s?:\*?\s")
_SENT = re.compile(
    r"\s*\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Inviato|Verzonden|Skickat|Sendt)\s?:\*?\s"
)
_RULE = re.compile(r"\s*_{10,}\s*")
_REPLY = re.compile(r"\s*(?:re|aw|sv|antw|rif|ref|odp)(?:\[\d+\])?\s*:", re.IGNORECASE)
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|doorst|vs)\s*:", re.IGNORECASE)
#: How many lines a mail program may break such a line into.
_BROKEN = 4


def is_reply(subject: str) -> bool:
    """Whether a subject says that it is an answer."""
    return _REPLY.match(subject) is not None


def is_forward(subject: str) -> bool:
    """Whether a subject says that something is passed on: then the quotation is what is meant."""
    return _FORWARD.match(subject) is not None


def said(text: str, *, reply: bool = False) -> str:
    """The text without its signature and without what it answers; of a new mail, lines with `>` stay where they are."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines, answered = _without_history(lines, reply=reply)
    if reply or answered:
        lines = [line for line in lines if not line.lstrip().startswith(">")]
    return tidy("\n".join(_without_signature(lines)))


def tidy(text: str) -> str:
    """No spaces at the ends of lines, never two empty lines."""
    text = re.sub(r"[ \t\u00a0]+\n", "\n", text.replace("\r\n", "\n") + "\n")
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _without_history(lines: list[str], *, reply: bool) -> tuple[list[str], bool]:
    """Up to where the history begins. Where answers stand below or between the quotations, only those are left out."""
    kept: list[str] = []
    answered, at = False, 0
    while at < len(lines):
        if _begins_history(lines, at, reply=reply):
            return kept, True
        length = _attribution(lines, at)
        quoted = length and _next(lines, at + length).lstrip().startswith(">")
        if length and not quoted and reply and _WHO_OR_WHEN.search(" ".join(lines[at : at + length])):
            return kept, True
        if quoted:
            answered = True
            at += length
        else:
            kept.append(lines[at])
            at += 1
    return kept, answered


def _begins_history(lines: list[str], at: int, *, reply: bool) -> bool:
    line = lines[at]
    if _ORIGINAL.fullmatch(line[:200]):
        return True
    if _RULE.fullmatch(line[:200]):
        return _FROM.match(_next(lines, at + 1)) is not None
    return reply and _FROM.match(line) is not None and any(map(_SENT.match, lines[at + 1 : at + 5]))


def _attribution(lines: list[str], at: int) -> int:
    """How many lines, from this one on, say who wrote what follows; 0 if none."""
    if not _ON.match(lines[at].lstrip()[:20]):
        return 0
    for length in range(1, _BROKEN + 1):
        last = lines[at + length - 1 : at + length]
        if not last or not last[0].strip() or (length > 1 and _ON.match(last[0].lstrip()[:20])):
            return 0
        line = " ".join(lines[at : at + length]).strip()
        if (
            len(line) <= 600
            and line.endswith((":", "\uff1a"))
            and _DIGIT.search(line)
            and _WROTE.search(line)
        ):
            return length
    return 0


def _next(lines: list[str], at: int) -> str:
    return next((line for line in lines[at : at + 5] if line.strip()), "")


def _without_signature(lines: list[str]) -> list[str]:
    return lines[: lines.index("-- ")] if "-- " in lines else lines


def unflowed(text: str, *, without_space: bool = False) -> str:
    """Paragraphs that a mail program broke into lines (RFC 3676), whole again."""
    found: list[str] = []
    joins = False
    for sent in text.replace("\r\n", "\n").split("\n"):
        quoted, line = sent.startswith(">"), sent.removeprefix(" ")
        if joins and not quoted and line != "-- ":
            found[-1] = (found[-1][:-1] if without_space else found[-1]) + line
        else:
            found.append(line)
        joins = line.endswith(" ") and line != "-- " and not quoted
    return "\n".join(found)


def from_html(html: str) -> str:
    """The words of a page, its paragraphs and lists as lines, quotations behind `>`, links with where they lead.

    The standard library's parser takes the square of the length for tags that do not end.
    """
    reader = _Reader()
    at, html = 0, _without(_without(html[:MOST], "<!--", "-->"), "<!", ">")
    for tag in _TAG.finditer(html):
        reader.words(unescape(html[at : tag.start()]))
        at, name = tag.end(), tag[2].lower()
        if tag[1]:
            reader.end(name)
        else:
            reader.begin(name, tag[3])
    reader.words(unescape(html[at:]))
    return reader.text()


def _without(text: str, begin: str, end: str) -> str:
    """Without what stands between these two; what has no end goes on to the end."""
    kept, at = [], 0
    while (start := text.find(begin, at)) >= 0:
        kept.append(text[at:start])
        stop = text.find(end, start)
        if stop < 0:
            return "".join(kept)
        at = stop + len(end)
    return "".join([*kept, text[at:]])


class _Reader:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quoted = self._kept = 0
        self._silent = ""
        self._links: list[tuple[str, int]] = []

    def begin(self, tag: str, about: str) -> None:
        """A tag opens; `about` is what stands in it."""
        if self._silent:
            return
        self._silent = tag if tag in _SILENT else ""
        self._break(tag)
        if tag == "blockquote":
            self._quoted = min(self._quoted + 1, 10)
        elif tag == "pre":
            self._kept += 1
        elif tag == "li":
            self._line.append("- ")
        elif tag == "hr":
            self._line.append("_" * 20)
            self._break(tag)
        elif tag == "a":
            found = _HREF.search(about[:4000])
            self._links.append(
                (unescape(next(filter(None, found.groups()), "")) if found else "", len(self._line))
            )

    def end(self, tag: str) -> None:
        """A tag closes."""
        if self._silent:
            self._silent = "" if tag == self._silent else self._silent
            return
        if tag == "blockquote":
            self._end()
            self._quoted = max(self._quoted - 1, 0)
        self._break(tag)
        if tag == "pre":
            self._kept = max(self._kept - 1, 0)
        elif tag in ("td", "th"):
            self._line.append("\t")
        elif tag == "a" and self._links:
            self._lead(*self._links.pop())

    def words(self, data: str) -> None:
        """Text between tags."""
        if self._silent:
            return
        if self._kept:
            first, *others = data.split("\n")
            self._line.append(first)
            for line in others:
                self._end()
                self._line.append(line)
        else:
            self._line.append(_SPACES.sub(" ", data))

    def text(self) -> str:
        """What was read."""
        self._end()
        return tidy("\n".join(self._lines))

    def _lead(self, href: str, since: int) -> None:
        words = "".join(self._line[since:]).strip()
        if href.startswith(("https://", "http://")) and len(href) <= 2000 and words.rstrip("/") not in href:
            self._line.append(f" ({href})")

    def _break(self, tag: str) -> None:
        if tag not in _BLOCKS or "".join(self._line) == "- ":
            return  # The latter: a paragraph within a list.
        self._end()
        last = self._lines[-1].strip("> ") if self._lines else ""
        if tag in _APART and last and not (tag == "p" and last.startswith("- ")):
            self._lines.append("> " * self._quoted)

    def _end(self) -> None:
        line = "".join(self._line)
        self._line.clear()
        if not self._kept:
            # The mark of a signature ends with a space, which is all that tells it from a dash.
            line = "-- " if line.strip() == "--" else line.strip()
        if line.strip() or self._kept:
            self._lines.append("> " * self._quoted + line)
