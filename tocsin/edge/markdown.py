"""Markdown that people wrote, as HTML that can do nothing: no HTML of theirs, links that lead only to the web, their own pictures only."""

import itertools
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

#: What a list's line begins with where it is something to tick.
TICK = re.compile(r"\[([ xX])\] ")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable(
        ["table", "strikethrough"]
    )
    parser.add_render_rule("image", _image)
    parser.add_render_rule("link_open", _link)
    return parser


def _link(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    href = str(tokens[at].attrGet("href") or "")
    if not re.match(r"(https?://|mailto:|/|#)", href):
        tokens[at].attrSet("href", "#")
    tokens[at].attrSet("rel", "noreferrer")
    return str(self.renderToken(tokens, at, options, env))


def _image(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """Pictures of this place only: another address would learn who reads, and when."""
    token, source = tokens[at], str(tokens[at].attrGet("src") or "")
    words = self.renderInlineAsText(token.children or [], options, env)
    token.attrSet("alt", words)
    token.attrSet("loading", "lazy")
    pictures = env.get("pictures")
    if pictures and source.startswith(pictures) and ".." not in source:
        return str(self.renderToken(tokens, at, options, env))
    return f"({_escaped(words) or 'picture'})"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def html_of(text: str, *, pictures: str = "") -> str:
    """HTML of a text. `pictures`: the address below which pictures are shown. Lines of lists like `- [ ] call Ana` get a box with the
    number of their line (`data-line`, from 0), for a script that ticks it."""
    parser, env = _parser(), {"pictures": pictures}
    tokens = parser.parse(text, env)
    for token in tokens:
        # The page has its own first heading: those of a text stand below it.
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    for before, token in itertools.pairwise(tokens):
        box = (
            TICK.match(token.content) if token.type == "inline" and before.type == "paragraph_open" else None
        )
        if box and token.map and token.children and _in_list(tokens, token):
            token.children[0].content = token.children[0].content[4:]
            ticked = " checked" if box[1] != " " else ""
            tick = Token("html_inline", "", 0)
            tick.content = f'<input type="checkbox" disabled data-line="{token.map[0]}" aria-label="{_escaped(token.content[4:80])}"{ticked}> '
            token.children.insert(0, tick)
    return str(parser.renderer.render(tokens, parser.options, env))


def _in_list(tokens: Sequence[Token], token: Token) -> bool:
    at = tokens.index(token)
    return at >= 2 and tokens[at - 2].type == "list_item_open"
