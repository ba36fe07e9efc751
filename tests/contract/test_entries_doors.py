"""Entries through the API and on pages: read, searched, edited, marked; drawn without harm, whatever was typed."""

import re
from typing import Any

import pytest

from tests.contract.api import Api
from tests.contract.asgi import ask
from tests.contract.browsing import Browser
from tests.domain.street import declared
from tests.support import Company
from tocsin.incidents import bonds, edits, entries, roles
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.sql import Statement
from tocsin.record.kinds import KINDS
from tocsin.record.queries import entries_after

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1)) javascript:alert(1)",
    '[ok](https://example.org/"onmouseover=alert(1))',
    "```\n</code></pre><script>alert(1)</script>\n```",
    "- <b>list</b>\n- **<i>bold</i>** and `<u>code</u>`",
    "abc\u202egnp.exe and NUL \x00 and \x1b[31mred\x1b[0m",
    "x" * 20_000,
    "**" * 10_000,
    "`" * 20_000,
    "[" * 20_000,
    "@" * 20_000,
    "- " * 10_000,
]


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    return await declared(db, company.as_ana())


#: The next entry, whose words are gone.
GONE = Statement(
    "test",
    "with i as (update incidents set head = head + 1 where id = $1 returning head)"
    " insert into entries (stream, seq, stream_type, kind, happened_at, actor, door, payload, redacted_at, redacted_by, redaction_reason)"
    " select $1, i.head, 'incident', $2, clock(), 'Ana', 'web', '{}', clock(), 'Ana', 'a password' from i",
)


async def says(db: Database, actor: Actor, incident: Incident, line: str, **more: Any) -> int:
    async with db.unit(actor, "web") as u:
        return await entries.say(u, incident.id, line, **more)


async def test_a_whole_life_through_the_api(api: Api, company: Company, incident: Incident) -> None:
    room = f"/incidents/{incident.key}"
    seq = (await api.good("POST", f"{room}/entries", {"text": "Restarted redis"}))["seq"]
    reply = (await api.good("POST", f"{room}/entries", {"text": "Which one?", "reply_to": seq}))["seq"]
    assert (
        await api.ask("PUT", f"{room}/entries/{seq}", {"text": "Restarted redis-1", "revision": 0})
    ).status == 200
    late = await api.ask("PUT", f"{room}/entries/{seq}", {"text": "Restarted redis-2", "revision": 0})
    assert (late.status, late.data["text"], late.data["revision"]) == (409, "Restarted redis-1", 1)
    assert (await api.ask("PUT", f"{room}/entries/{seq}/pin")).status == 204
    assert (await api.ask("PUT", f"{room}/entries/{seq}/reactions/👍")).status == 204
    one = await api.good("GET", f"{room}/entries/{seq}")
    assert one["entry"]["edited"] == {"text": "Restarted redis-1", "revision": 1}
    assert (one["entry"]["pinned"], one["entry"]["replies"]) == (True, 1)
    assert [r["emoji"] for r in one["entry"]["reactions"]] == ["👍"]
    assert [v["text"] for v in one["history"]] == ["Restarted redis", "Restarted redis-1"]
    assert [e["seq"] for e in one["replies"]] == [reply]
    assert (await api.ask("DELETE", f"{room}/entries/{seq}/pin")).status == 204
    assert (await api.ask("DELETE", f"{room}/entries/{seq}/reactions/👍")).status == 204
    assert (await api.ask("POST", f"{room}/entries/{seq}/redact", {"reason": "a password"})).status == 204
    one = await api.good("GET", f"{room}/entries/{seq}")
    assert (one["entry"]["text"], one["entry"]["edited"], one["history"]) == ("redacted", None, [])
    assert one["entry"]["redaction_reason"] == "a password"
    assert (await api.ask("GET", f"{room}/entries/99")).status == 404


async def test_a_command_that_is_refused_says_why_and_is_no_lost_session(
    browser: Browser, db: Database, company: Company, incident: Incident
) -> None:
    say = f"/incidents/{incident.key}/say"
    bens = await says(db, company.as_ben(), incident, "The pool is full")
    async with db.unit(company.as_ben(), "web") as u:
        await roles.take_role(u, incident.id, "incident_manager")
    for line, why in (
        (f"/edit {bens} The pool is fine", "Only its author"),
        ("/release Vic", "The incident manager releases people"),
        ("/pin 99", "no such entry"),
        ("/join-claim 99", "99"),
    ):
        status, said = await browser.script(say, text=line)
        assert status == 422, line
        assert why in said["error"]
        status, headers, _ = await browser.press(say, text=line)
        assert (status, headers["location"]) == (303, f"/incidents/{incident.key}")
    other = await declared(db, company.as_ben(), "Payments are slow")
    async with db.unit(company.as_ben(), "web") as u:
        await bonds.merge(u, incident.id, other.id)
    assert (await browser.script(say, text="still here?"))[0] == 422
    browser.csrf = "of an old page"
    assert (await browser.script(say, text="hello"))[0] == 403, "only that is a session to renew"


async def test_the_scribes_script_is_told_whether_the_line_was_written_down(
    browser: Browser, db: Database, company: Company, incident: Incident
) -> None:
    log = f"/incidents/{incident.key}/log"
    assert await browser.script(log, text="Ben: restarted redis", tag="said") == (200, {})
    status, said = await browser.script(log, text="25:10 Ben: restarted redis", tag="said")
    assert (status, said["error"]) == (422, "That is no time of day.")
    assert (await browser.press(log, text="25:10 Ben: restarted redis", tag="said"))[0] == 303
    other = await declared(db, company.as_ben(), "Payments are slow")
    async with db.unit(company.as_ben(), "web") as u:
        await bonds.merge(u, incident.id, other.id)
    status, said = await browser.script(log, text="Ben: it is back", tag="said")
    assert (status, said["error"]) == (422, f"{incident.key} was merged into {other.key}. Say it there.")
    texts = [e.payload.get("text") for e in await entries_after(db, incident.id)]
    assert texts.count("restarted redis") == 1
    assert "it is back" not in texts


async def test_a_replay_says_edits_and_logs_once(api: Api, incident: Incident) -> None:
    room = f"/incidents/{incident.key}"
    said = [
        (await api.ask("POST", f"{room}/entries", {"text": "Once", "tag": "seen"}, key="k1")).data
        for _ in range(2)
    ]
    logged = [(await api.ask("POST", f"{room}/output", {"text": "a\nb"}, key="k2")).data for _ in range(2)]
    edited = [
        (
            await api.ask(
                "PUT", f"{room}/entries/{said[0]['seq']}", {"text": "Twice", "revision": 0}, key="k3"
            )
        ).status
        for _ in range(2)
    ]
    assert said[0] == said[1]
    assert logged[0] == logged[1]
    assert edited == [200, 200]
    found = (await api.good("GET", f"{room}/entries"))["entries"]
    assert [e["kind"] for e in found] == ["incident_declared", "message", "command_output", "entry_edited"]


async def test_the_record_is_read_by_kind_words_and_number(
    api: Api, db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await roles.take_role(u, incident.id, "scribe")
    first = await says(db, company.as_ana(), incident, "Redis cluster is slow")
    second = await says(db, company.as_ana(), incident, "The cluster redis runs on is fine")
    room = f"/incidents/{incident.key}/entries"

    async def seqs(**query: Any) -> list[int]:
        return [e["seq"] for e in (await api.good("GET", room, **query))["entries"]]

    assert await seqs() == [1, 2, first, second]
    assert await seqs(kinds="said") == [first, second]
    assert await seqs(kinds="people,message") == [2, first, second]
    assert await seqs(q="redis clus") == [first, second]
    assert await seqs(q='"redis cluster"') == [first]
    assert await seqs(q="postgres") == []
    assert await seqs(q="!!!") == []
    assert await seqs(before=second, limit=2) == [2, first]
    assert await seqs(after=2) == [first, second]


async def test_search_finds_only_what_the_asker_may_see(api: Api, db: Database, company: Company) -> None:
    """The API's caller is Ana or whoever the fixture says; Ben has a private incident."""
    hidden = await declared(db, company.as_ben(), "Leak of customers", private=True)
    await says(db, company.as_ben(), hidden, "zanzibar is in the dump")
    open_ = await declared(db, company.as_ben(), "Search is slow")
    seq = await says(db, company.as_ben(), open_, "zanzibar is slow")
    ana, ben = await api.as_(company.as_ana()), await api.as_(company.as_ben())
    found = (await ana.good("GET", "/search", q="zanz"))["entries"]
    assert [(e["key"], e["seq"]) for e in found] == [(open_.key, seq)]
    assert len((await ben.good("GET", "/search", q="zanz"))["entries"]) == 2
    assert (await ana.good("GET", "/search", q="customers dump"))["entries"] == []
    for odd in (
        "'",
        "\\",
        "a:*|b",
        "!x",
        "&",
        "<->",
        '"',
        "foo-bar 10.0.0.1",
        "ö",
        "'; drop table entries; --",
    ):
        assert (await ana.ask("GET", "/search", q=odd)).status == 200, odd


@pytest.mark.parametrize("line", HOSTILE)
async def test_whatever_is_typed_is_drawn_without_harm(
    browser: Browser, db: Database, company: Company, incident: Incident, line: str
) -> None:
    seq = await says(db, company.as_ben(), incident, line)
    for path in ("", "/entries", "/record", f"/entries/{seq}/about"):
        page = await browser.see(f"/incidents/{incident.key}{path}")
        drawn = page[page.index(f'id="entry-{seq}"') :].split("</li>\n", 1)[0]
        assert "<script" not in drawn
        assert not re.search(r"<[^>]*\son\w+=", drawn)
        assert "javascript:" not in re.sub(r">[^<]*<", "><", drawn)
        assert "\x00" not in drawn
        assert "\x1b" not in drawn


async def test_known_things_are_named_and_private_ones_never(
    browser: Browser, db: Database, company: Company, incident: Incident
) -> None:
    hidden = await declared(db, company.as_ana(), "Leak of customers", private=True)
    other = await declared(db, company.as_ana(), "Search is slow")
    await says(
        db, company.as_ana(), incident,
        f"See https://github.com/acme/shop/pull/123 and {other.key} and /incidents/{hidden.key}"
        " and https://grafana.example/d/abc/checkout-latency?from=now.",
    )  # fmt: skip
    page = await browser.see(f"/incidents/{incident.key}/entries")
    assert "GitHub PR acme/shop #123</a>" in page
    assert "Grafana: checkout latency</a>." in page
    assert f"{other.key} Search is slow (investigating)</a>" in page
    assert "Leak of customers" not in page


async def test_an_edit_that_came_too_late_shows_both_texts(
    browser: Browser, db: Database, company: Company, incident: Incident
) -> None:
    seq = await says(db, company.as_ana(), incident, "First words")
    one = f"/incidents/{incident.key}/entries/{seq}"
    assert "First words" in await browser.see(f"{one}/about")
    assert (await browser.press(f"{one}/edit", text="Second words", revision="0"))[0] == 303
    status, _, page = await browser.press(f"{one}/edit", text="Third words", revision="0")
    assert status == 409
    assert "Second words</pre>" in page
    assert "Third words</textarea>" in page
    assert 'name="revision" value="1"' in page
    assert (await browser.press(f"{one}/edit", text="Second and third words", revision="1"))[0] == 303
    assert (await browser.press(f"{one}/edit", text=" ", revision="2"))[0] == 422
    page = await browser.see(f"/incidents/{incident.key}")
    assert "Second and third words" in page
    assert ">edited</a>" in page
    assert "First words" in await browser.see(f"{one}/about"), "the history keeps them"


async def test_buttons_of_the_room(
    browser: Browser, db: Database, company: Company, incident: Incident
) -> None:
    room = f"/incidents/{incident.key}"
    seq = str(await says(db, company.as_ana(), incident, "Look here"))
    for name, fields in (
        ("pin", {"seq": seq}), ("reply", {"seq": seq, "text": "I look"}), ("react", {"mark": f"{seq} 👍"}),
        ("react", {"mark": seq, "emoji": "🎉"}), ("output", {"text": "a  b\nc  d", "command": "ls", "exit_code": "0"}),
        ("on-a-call", {}), ("log", {"text": "Ben: restarted redis", "tag": "decided"}), ("call-over", {}),
    ):  # fmt: skip
        assert (await browser.press(f"{room}/{name}", **fields))[0] == 303, name
    page = await browser.see(room)
    assert "Pinned" in page
    assert "1 reply</a>" in page
    assert "👍 1</button>" in page
    assert "🎉 1</button>" in page
    assert '<code dir="ltr">ls</code>, exit 0' in page
    assert "<bdi>Ben</bdi></strong> decided" in page
    assert (await browser.press(f"{room}/unpin", seq=seq))[0] == 303
    assert (await browser.press(f"{room}/redact", seq=seq, reason="a password"))[0] == 303
    page = await browser.see(room)
    assert "Pinned</h2>" not in page
    assert "redacted by Ana Silva: a password" in page
    assert "Look here" not in page
    for wrong in ({"mark": "x"}, {"mark": f"{seq} ok"}):
        assert (await browser.press(f"{room}/react", **wrong))[0] in (303, 422)


async def test_ways_to_an_entry(browser: Browser, db: Database, company: Company, incident: Incident) -> None:
    room = f"/incidents/{incident.key}"
    async with db.unit(company.as_ana(), "web") as u:
        for n in range(130):
            await entries.say(u, incident.id, f"line {n}")
    assert (await browser.ask("GET", f"{room}/entries/120"))[1]["location"] == f"{room}#entry-120"
    assert (await browser.ask("GET", f"{room}/entries/3"))[1]["location"] == f"{room}?before=53#entry-3"
    assert (await browser.ask("GET", f"{room}/entries/999"))[0] == 404
    where = (await browser.ask("GET", f"{room}/jump?at=2020-01-01T00:00"))[1]["location"]
    assert where == f"{room}/entries/1"
    where = (await browser.ask("GET", f"{room}?at=2020-01-01T00:00"))[1]["location"]
    assert where == f"{room}/jump?at=2020-01-01T00%3A00"
    assert re.findall(r'data-seq="(\d+)"', await browser.see(f"{room}?kinds=state")) == ["1"]
    assert len(re.findall(r'data-seq="(\d+)"', await browser.see(f"{room}?kinds=nonsense"))) == 100

    async def seqs(query: str) -> list[int]:
        return [int(n) for n in re.findall(r'data-seq="(\d+)"', await browser.see(f"{room}/entries?{query}"))]

    assert await seqs("around=50&limit=4") == [48, 49, 50, 51]
    assert await seqs("only=5,7,x") == [5, 7]
    assert await seqs("before=4") == [1, 2, 3]
    assert await seqs("after=128") == [129, 130, 131]
    assert await seqs("kinds=state") == [1]
    assert await seqs("q=line+77") == [79]
    assert 'data-seq="79"' in await browser.see(f"{room}/record?q=line+77&order=time")
    assert "after=100" in await browser.see(f"{room}/record")
    newest = await browser.see(f"{room}/record?q=line&order=newest")
    assert newest.index('data-seq="80"') < newest.index('data-seq="79"')
    assert "order=newest" in newest
    assert "before=" in newest
    assert (await browser.ask("GET", f"{room}/record/filter?group=said&q=line"))[1]["location"].endswith(
        "/record?q=line&kinds=said"
    )
    assert (await browser.ask("GET", f"{room}/record?at=nonsense"))[0] == 422
    page = await browser.see("/search?q=line+77")
    assert f"{room}/entries/79" in page
    assert "Checkout" in await browser.see("/search?q=checkout")


async def test_whatever_was_taken_out_every_page_of_the_incident_opens(
    api: Api, browser: Browser, db: Database, company: Company, incident: Incident
) -> None:
    for kind in sorted(KINDS):
        await db.run(GONE, incident.id, kind)
    room = f"/incidents/{incident.key}"
    for path in (
        "",
        "/state",
        "/record",
        "/entries?after=0",
        "/brief",
        "/export",
        "/postmortem",
        "/notes",
        "/recordings",
        "/update",
    ):
        await browser.see(f"{room}{path}")
    for path in ("/", "/incidents", "/search?q=password"):
        await browser.see(path)
    for path in ("", "/brief", "/checklist", "/items", "/people", "/entries"):
        assert await api.good("GET", f"{room}{path}")
    for kind in ("json", "md", "pdf"):
        assert (
            await ask(
                api.app,
                "GET",
                f"/api/v1{room}/export/{kind}",
                headers={"authorization": f"Bearer {api.token}"},
            )
        ).status == 200


async def test_search_shows_the_words_that_it_found(
    api: Api, browser: Browser, db: Database, company: Company
) -> None:
    """Of an edited line the newest ones, also when it was edited twice."""
    incident, ana = await declared(db, company.as_ana()), company.as_ana()
    async with db.unit(ana, "web") as u:
        seq = await entries.say(u, incident.id, "restarted edge-3")
        await edits.edit_entry(u, incident.id, seq, "restarted edge-4")
        await edits.edit_entry(u, incident.id, seq, "restarted edge-5")
    for words, texts in (("edge-5", ["restarted edge-5"]), ("edge-3", []), ("edge-4", [])):
        found = (await api.good("GET", "/search", q=words))["entries"]
        assert [(e["seq"], e["text"]) for e in found] == [(seq, text) for text in texts]
        assert "restarted edge-3" not in await browser.see(f"/search?q={words}")
    assert "restarted edge-5" in await browser.see("/search?q=edge-5")


async def test_a_decision_is_reworded_at_every_door(
    api: Api, browser: Browser, company: Company, incident: Incident
) -> None:
    room = f"/incidents/{incident.key}"
    ana = await api.as_(company.as_ana())
    await ana.good("POST", f"{room}/entries", {"text": "/decide fail ovr because it is full"})
    about = await browser.see(f"{room}/entries/2/about")
    assert 'maxlength="500" required' in about
    status, _, _ = await browser.press(f"{room}/entries/2/edit", text="fail it over", revision="0")
    assert status == 303
    status, _, text = await browser.press(f"{room}/entries/2/edit", text="fail over now", revision="0")
    assert status == 409
    assert "fail it over" in text
    assert "fail over now" in text
    answer = await ana.ask("PUT", f"{room}/entries/2", {"text": "fail over", "revision": 0})
    assert (answer.status, answer.data["text"], answer.data["revision"]) == (409, "fail it over", 1)
    made = await ana.good("PUT", f"{room}/entries/2", {"text": "fail over", "revision": 1})
    one = await ana.good("GET", f"{room}/entries/2")
    assert one["entry"]["edited"] == {"text": "fail over", "revision": 2}
    assert [version["text"] for version in one["history"]] == ["fail ovr", "fail it over", "fail over"]
    assert (await ana.good("GET", f"{room}/items"))["decisions"][0]["text"] == "fail over"
    record = await browser.see(room)
    assert '<strong class="mark">Decided</strong> fail over</span>' in record
    assert "Because it is full" in record
    assert (
        "reworded entry 2: fail over"
        in (await ana.good("GET", f"{room}/entries/{made['edit']}"))["entry"]["text"]
    )
    ben = await api.as_(company.as_ben())
    assert (await ben.ask("PUT", f"{room}/entries/2", {"text": "mine"})).status == 403


async def test_a_caption_is_mended_in_the_room(
    api: Api, browser: Browser, company: Company, incident: Incident
) -> None:
    room = f"/incidents/{incident.key}"
    ana = await api.as_(company.as_ana())
    assert (await ana.upload(f"{room}/files", "log.txt", b"x", caption="the eror")).status == 201
    assert "Caption" in await browser.see(f"{room}/entries/2/about")
    assert (await browser.press(f"{room}/entries/2/edit", text="the error", revision="0"))[0] == 303
    assert '<span class="words">the error</span>' in await browser.see(room)
    (found,) = [e for e in (await ana.good("GET", "/search", q="log.txt"))["entries"] if e["seq"] == 2]
    assert found["text"] == "attached log.txt: the error"
