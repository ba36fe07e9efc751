"""What people type, as HTML: known marks become markup, everything else stays text."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from tocsin.edge.templates import moments
from tocsin.incidents.said_model import Mention
from tocsin.web.unfurl import LONGEST, label, short
from tocsin.web.words import html, is_block, pre

ANA = UUID(int=1)
#: All that is ever written; what is typed adds none.
TAGS = {"a", "span", "strong", "code", "pre", "ul", "li", "details", "summary"}


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("plain <b>text</b>", "plain &lt;b&gt;text&lt;/b&gt;"),
        ("**bold** and `code <i>`", "<strong>bold</strong> and <code>code &lt;i&gt;</code>"),
        ("2 ** 3 ** 4", "2 <strong> 3 </strong> 4"),
        ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("before\n- one\nafter", "before<ul><li>one</li></ul>after"),
        ("```\na  b\n```", '<pre tabindex="0" dir="ltr"><code>a  b</code></pre>'),
        ("```sh\nnever closed", '<pre tabindex="0" dir="ltr"><code>never closed</code></pre>'),
    ],
)
def test_marks(text: str, drawn: str) -> None:
    assert html(text) == drawn


def test_a_link_says_where_it_leads() -> None:
    drawn = html("see https://github.com/acme/shop/pull/7, and [docs](https://example.org/x)!")
    assert ">GitHub PR acme/shop #7</a>," in drawn
    assert 'title="https://github.com/acme/shop/pull/7"' in drawn
    assert '>docs</a> <span class="soft">(example.org)</span>!' in drawn
    assert "javascript" not in html("[x](javascript:alert)").replace("javascript:alert)", "")


def test_a_mention_carries_who_is_meant() -> None:
    mentions = [Mention("Ana Silva", (ANA,)), Mention("im")]
    drawn = html("@Ana Silva and @im, not `@im`", mentions)
    assert f'<span class="mention" data-people="{ANA}">@Ana Silva</span>' in drawn
    assert '<span class="mention" data-people="">@im</span>,' in drawn
    assert "<code>@im</code>" in drawn


def test_our_own_things_have_labels_and_all_others_stay_text() -> None:
    own = {"/incidents/INC-7": "INC-7 Search is slow (resolved)"}
    drawn = html(
        "INC-7, INC-8, http://tocsin.example/incidents/INC-7#entry-3", (), own, "http://tocsin.example/"
    )
    assert drawn.count(">INC-7 Search is slow (resolved)</a>") == 2
    assert 'href="/incidents/INC-7#entry-3"' in drawn
    assert " INC-8, " in drawn


def test_long_output_is_folded_and_hidden_marks_are_shown() -> None:
    text = "\n".join(f"line {n}" for n in range(13))
    assert '<summary><span class="mono">line 0</span> <span class="soft">13 lines</span>' in pre(text)
    assert "<details" not in pre(text.rpartition("\n")[0])
    assert "[U+202E]" in pre("if \u202ex")


@given(st.text(alphabet="`*[]()@-<>\"'&/:\n https.examplINC-1ana\u202e", max_size=200))
def test_nothing_typed_becomes_markup(text: str) -> None:
    drawn = str(html(text, [Mention("ana", (ANA,))], {"/incidents/INC-1": "INC-1 <x>"}, "https://example"))
    assert {tag.lower() for tag in re.findall(r"</?([a-zA-Z]+)", drawn)} <= TAGS
    assert not re.search(r"<[^>]*\son", drawn)
    assert all(url.startswith(("http", "/incidents/")) for url in re.findall(r'href="([^"]*)"', drawn))
    assert is_block(text) in (True, False)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://github.com/acme/shop/pull/123/files#diff", "GitHub PR acme/shop #123"),
        ("https://github.com/acme/shop/issues/9", "GitHub issue acme/shop #9"),
        ("https://github.com/acme/shop/commit/0123456789abcdef", "GitHub commit acme/shop 0123456"),
        ("https://github.com/acme/shop/actions/runs/99", "GitHub Actions acme/shop run 99"),
        ("https://git.example.org/a/b/c/-/merge_requests/5", "GitLab MR a/b/c !5"),
        ("https://gitlab.com/a/b/-/issues/5", "GitLab issue a/b #5"),
        ("https://gitlab.com/a/b/-/commit/0123456789", "GitLab commit a/b 0123456"),
        ("https://gitlab.com/a/b/-/pipelines/5", "GitLab pipeline a/b 5"),
        ("https://acme.atlassian.net/browse/OPS-12", "Jira OPS-12"),
        ("https://acme.sentry.io/issues/4123/?project=1", "Sentry issue 4123"),
        ("https://sentry.io/organizations/acme/issues/4123/", "Sentry issue 4123"),
        ("https://app.datadoghq.eu/dashboard/abc-def/checkout-latency", "Datadog dashboard checkout latency"),
        ("https://app.datadoghq.com/monitors/77", "Datadog monitor"),
        ("https://acme.pagerduty.com/incidents/Q1ABC", "PagerDuty incident Q1ABC"),
        ("https://eu-central-1.console.aws.amazon.com/cloudwatch/home", "AWS console: cloudwatch (eu-central-1)"),
        ("https://kibana.example.org/s/ops/app/discover#/?_g=()", "Kibana discover"),
        ("https://grafana.example.org/d/abc123/checkout-latency?orgId=1", "Grafana: checkout latency"),
        ("https://grafana.example.org/explore?left=x", "Grafana Explore"),
        ("https://grafana.example.org/d/abc123", "Grafana dashboard abc123"),
        ("https://example.org/pull/1", None),
        ("https://evil.example/github.com/acme/shop/pull/1", None),
        ("https://[broken", None),
    ],
)  # fmt: skip
def test_known_tools_are_named_by_the_shape_of_their_address(url: str, words: str | None) -> None:
    assert label(url) == words


def test_a_long_address_loses_its_middle() -> None:
    assert short("https://example.org/") == "example.org"
    assert len(short("https://example.org/" + "x" * 500)) <= LONGEST
    assert "\u202e" not in short("https://example.org/\u202egnp")


def test_moments_of_a_sentence_are_shown_on_the_readers_clock() -> None:
    told = moments("set the times: impact <began> 2026-11-27 02:12 UTC")
    assert told == (
        "set the times: impact &lt;began&gt; <local-moment><time"
        ' datetime="2026-11-27T02:12:00Z">2026-11-27 02:12 UTC</time></local-moment>'
    )
    assert moments(Markup("<b>at</b> 02:12 UTC")) == "<b>at</b> 02:12 UTC"
