"""Markdown of people, as HTML that can do nothing."""

from html.parser import HTMLParser

import pytest

from tocsin.edge.markdown import html_of


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](data:text/html,<script>)",
        "![x](https://evil.example/pixel.png)", "![x](/incidents/INC-1/files/../../../secret)", "<a href=x onclick=y>",
        "[x](vbscript:x)", "![<b onload=1>](x)", "- [ ] <img src=x onerror=1>", "```\n<script>\n```",
    ],
)  # fmt: skip
def test_nothing_of_it_runs_or_asks_strangers(text: str) -> None:
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(html_of(text, pictures="/incidents/INC-1/files/"))
    assert {tag for tag, _ in found} <= {"p", "a", "ul", "li", "pre", "code", "input"}
    for _, attributes in found:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert (attributes.get("href") or "#").startswith(("#", "/", "https://", "http://", "mailto:"))


def test_what_people_write_reads_well() -> None:
    html = html_of(
        "# One\n\n- [ ] call *Ana*\n- [x] done\n- plain\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n~~old~~ [link](https://example.org)"
    )
    assert '<input type="checkbox" disabled data-line="2" aria-label="call *Ana*"> call <em>Ana</em>' in html
    assert 'data-line="3" aria-label="done" checked' in html
    assert "<li>plain</li>" in html
    assert "<h2>One</h2>" in html
    assert "<table>" in html
    assert "<s>old</s>" in html
    assert '<a href="https://example.org" rel="noreferrer">' in html


def test_own_pictures_are_shown() -> None:
    html = html_of("![graph](/incidents/INC-1/files/abc)", pictures="/incidents/INC-1/files/")
    assert '<img src="/incidents/INC-1/files/abc" alt="graph" loading="lazy"' in html
    assert "<img" not in html_of("![graph](/incidents/INC-2/files/abc)", pictures="/incidents/INC-1/files/")
