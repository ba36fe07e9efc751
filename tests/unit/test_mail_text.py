"""What somebody says in a mail: without what they answer, without their signature, and from HTML."""

import time

import pytest

from tocsin.edge.mail_text import MOST, from_html, is_forward, is_reply, said, unflowed

GMAIL = """Restarted redis-1.

On Mon, 23 Nov 2026 at 03:12, Tocsin <tocsin@example.org>
wrote:

> Ben mentioned you in INC-42
>
> Open
"""
OUTLOOK = """It is the cache.

________________________________
From: Tocsin <tocsin@example.org>
Sent: Monday, November 23, 2026 3:12
To: Ana Silva
Subject: INC-42

Open it
"""
HEADED = "Ja.\n\nVon: Tocsin <tocsin@example.org>\nGesendet: Montag, 23. November 2026 03:12\nAn: Ana\nBetreff: INC-42\n\nAlt"
GERMAN = "Neu gestartet.\n\nAm 23.11.2026 um 03:12 schrieb Tocsin:\n> alt\n"
ORIGINAL = "Done.\n\n-----Original Message-----\nFrom: x\n\nold"
BELOW = "On 23 Nov 2026, Ben wrote:\n> Which region?\n\nFrankfurt.\n\n> Only there?\nYes.\n-- \nAna Silva\n+49 30 1234"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GMAIL, "Restarted redis-1."), (OUTLOOK, "It is the cache."), (HEADED, "Ja."), (GERMAN, "Neu gestartet."), (ORIGINAL, "Done."),
        (BELOW, "Frankfurt.\n\nYes."), ("Words\n-- \nAna", "Words"), ("a\r\n\r\n\r\n\r\nb  \r\n", "a\n\nb"),
        ("> only a quotation", ""), ("On 3 hosts.\nAna wrote:\nrestart", "On 3 hosts.\nAna wrote:\nrestart"), ("", ""),
            ("On my way.\n\nOn 1 Nov 2026 at 03:12, Ben wrote:\n> x", "On my way."), ("On it.\nOn 1 Nov 2026 at 03:12, Ben wrote:\n> x", "On it."),
    ],
)  # fmt: skip
def test_an_answer_without_its_history(text: str, found: str) -> None:
    assert said(text, reply=True) == found


def test_of_a_new_mail_only_what_is_surely_history_goes() -> None:
    shell = "> select 1;\nfails\n-- a comment\nFrom: x\nDate: y"
    assert said(shell) == shell
    assert said(GMAIL) == "Restarted redis-1."
    assert said("On 3 Nov the vendor wrote:\nIt is fixed.") == "On 3 Nov the vendor wrote:\nIt is fixed."


@pytest.mark.parametrize("subject", ["Re: x", "RE[2]: x", "AW: x", "Sv : x"])
def test_subjects_of_answers(subject: str) -> None:
    assert is_reply(subject)
    assert not is_forward(subject)


def test_subjects_of_what_is_passed_on() -> None:
    assert is_forward("Fwd: x")
    assert is_forward("WG: x")
    assert not is_forward("Forward march")


def test_html_as_words() -> None:
    html = """<html><head><title>no</title><style>p { color: red }</style></head><body>
      <p>It is   the <b>cache</b>,&nbsp;see <a href="https://graphs.example.org/d/1?x=1">the graph</a>.</p>
      <ul><li><p>redis-1</p></li><li>redis-2</li></ul><script>alert(1)</script>
      <table><tr><td>a</td><td>b</td></tr></table><pre>x  y
z</pre><div>On 23 Nov 2026 Ben wrote:</div><blockquote>old<br>words</blockquote></body></html>"""
    text = from_html(html)
    assert text == (
        "It is the cache, see the graph (https://graphs.example.org/d/1?x=1).\n\n- redis-1\n- redis-2\n\na\tb\n\nx  y\nz\n\n"
        "On 23 Nov 2026 Ben wrote:\n\n> old\n> words"
    )
    assert said(text, reply=True).endswith("x  y\nz")


@pytest.mark.parametrize(
    "html",
    [
        "<" * 300_000, "<!" * 150_000, "<a href='" * 40_000, "<![CDATA[" * 40_000, "<div>" * 60_000 + "deep", "</p>" * 70_000,
        "<!--" * 70_000, "<blockquote>" * 25_000 + "deep", "&" * 300_000, "&#" * 150_000, "<a " + "x=" * 140_000, "<script>" * 30_000,
        "<a x" + " " * 290_000, "<a " * 100_000, "</p " * 75_000, "<?" * 150_000, "<a " + "href " * 59_000 + ">x</a>", '<p x="' * 50_000, "<a>" * 100_000
    ],
)  # fmt: skip
def test_hostile_html_takes_no_time(html: str) -> None:
    began = time.process_time()
    from_html(html)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "text",
    ["On 1 " * 100_000, "On 1\n" * 100_000, "-" * 500_000, "_" * 500_000, " " * 500_000, "> " * 200_000, "\n" * 500_000, "From: \n" * 100_000,
     "On " + "1 wrote" * 60_000, "Am 1 schrieb\n" * 60_000],
)  # fmt: skip
def test_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    said(text[:MOST], reply=True)
    unflowed(text)
    assert time.process_time() - began < 5


def test_paragraphs_are_whole_again() -> None:
    assert unflowed("It is \nthe cache.\n-- \nAna") == "It is the cache.\n-- \nAna"
    assert unflowed("ab \ncd\n> q \n> r", without_space=True) == "abcd\n> q \n> r"
