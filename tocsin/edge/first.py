"""What a room needs of the style sheet until its state can be read: inside the page, so that a bad line asks for nothing more.

The rules are taken out of `app.css` by what stands above and in the state at a glance. The sheet itself follows after the glance and says
them again; that nothing moves when it comes is held by `tests/browser/test_bad_line.py`. The Content-Security-Policy names this
one text by its hash, and no other.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files

#: Elements, classes and ids that the page has up to the end of the glance.
_TAGS = "html body a nav main div span ul li svg use h1 p dl dt dd bdi strong small time local-moment time-ago count-down local-time button form"
_NAMES = (
    "skip shell nav top brand me stack tight tabs-bar tabs-more icon filled soft small mono number row callout warning danger ok said badge"
    " sev1 sev2 sev3 investigating identified monitoring mitigated resolved room room-head room-glance room-mini impact glance-roles"
    " glance-places late button quiet person presence here connection visually-hidden"
)
_KNOWN = frozenset(_TAGS.split()), frozenset(_NAMES.split())
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NOT_ASKED = re.compile(r":not\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\]|::?[a-z-]+(?=[^\w-]|$)")
_NAME = re.compile(r"[.#]([\w-]+)")
_TAG = re.compile(r"(?<![\w.#-])[a-z][\w-]*")
_OPENS = re.compile(r"[{;]")
_SPACES = re.compile(r"\s+")
_AROUND = re.compile(r" ?([{};,]) ?|: ")


def first_rules(sheet: str) -> str:
    """The rules of a style sheet that the first look needs, in their order and layers, in few characters."""
    return "".join(_kept(_SPACES.sub(" ", _COMMENT.sub("", sheet))))


def _kept(text: str) -> Iterator[str]:
    for head, body in _blocks(text):
        if body is None:
            yield f"{head};"
        elif head.startswith(("@layer", "@media")):
            inner = "".join(_kept(body)) if "print" not in head else ""
            if inner:
                yield f"{head}{{{inner}}}"
        elif not head.startswith("@"):
            asked = [selector for selector in _selectors(head) if _stands_there(selector)]
            if asked:
                yield f"{','.join(asked)}{{{_short(body)}}}"


def _blocks(text: str) -> Iterator[tuple[str, str | None]]:
    """What stands before each pair of braces and between them; None for a statement without."""
    at = 0
    while found := _OPENS.search(text, at):
        head = text[at : found.start()].strip()
        if found[0] == ";":
            yield head, None
            at = found.end()
            continue
        end, depth = found.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield head, text[found.end() : end - 1]
        at = end


def _selectors(head: str) -> list[str]:
    """The parts of a list, which may hold lists in parentheses."""
    parts, depth = [""], 0
    for character in head:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _stands_there(selector: str) -> bool:
    tags, names = _KNOWN
    asked = _NOT_ASKED.sub("", selector)
    return names.issuperset(_NAME.findall(asked)) and tags.issuperset(_TAG.findall(_NAME.sub("", asked)))


def _short(declarations: str) -> str:
    return _AROUND.sub(lambda found: found[1] or ":", declarations).strip(" ;")


#: What stands in the page, and what the policy says about it.
RULES = first_rules(files("tocsin").joinpath("web", "static", "css", "app.css").read_text(encoding="utf-8"))
HASH = "sha256-" + base64.b64encode(hashlib.sha256(RULES.encode()).digest()).decode()
