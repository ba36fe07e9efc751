"""The room on bad days: a second tab, a lost connection, a line that could not be sent, somebody who types meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, sign_in
from tests.product import setting
from tests.product.harness import until

pytestmark = pytest.mark.browser


@dataclass
class Room:
    """One incident; Ada looks at it in a browser, the others speak through the API."""

    house: House
    key: str
    context: BrowserContext
    page: Page
    watch: Watch

    def hears(self, text: str) -> None:
        expect(self.page.get_by_role("log")).to_contain_text(text)

    def somebody_says(self, text: str) -> int:
        answer = self.house.server.api(
            "POST", f"/incidents/{self.key}/entries", {"text": text}, self.house.token
        )
        return int(answer["seq"])

    def lines(self) -> list[str]:
        return self.page.locator(".entry.said .words").all_inner_texts()


@pytest.fixture
def room(house: House, browser: Browser) -> Iterator[Room]:
    body = {"summary": "Search is slow", "severity": 2, "impact": "Searches take ten seconds"}
    key = str(house.server.api("POST", "/incidents", body, house.token)["key"])
    watch = Watch()
    context = new_context(browser, house.server, watch)
    page = context.new_page()
    sign_in(page, house.email, house.password)
    page.goto(f"/incidents/{key}")
    yield Room(house, key, context, page, watch)
    context.close()


def test_a_second_tab_hears_the_same(room: Room) -> None:
    other = room.context.new_page()
    other.goto(f"/incidents/{room.key}")
    room.somebody_says("Both tabs hear this")
    room.hears("Both tabs hear this")
    expect(other.get_by_role("log")).to_contain_text("Both tabs hear this")
    room.page.close()
    room.somebody_says("The one that is left leads")
    expect(other.get_by_role("log")).to_contain_text("The one that is left leads")
    assert room.watch.wrong == []


def test_after_a_lost_connection_the_room_catches_up_without_a_reload(room: Room) -> None:
    room.page.evaluate("window.sameDocument = true")
    room.context.set_offline(True)
    said = [f"Said while away {n}" for n in range(30)]
    for line in said:
        room.somebody_says(line)
    room.context.set_offline(False)
    room.hears(said[-1])
    assert [line for line in room.lines() if line.startswith("Said while away")] == said
    assert room.page.evaluate("window.sameDocument") is True


def test_a_line_that_could_not_be_sent_is_kept_and_sent_once(room: Room) -> None:
    message = room.page.get_by_role("textbox", name="Message")
    room.context.set_offline(True)
    message.fill("Typed in the tunnel")
    message.press("Enter")
    expect(room.page.locator("[data-problem]")).to_contain_text("kept here")
    room.context.set_offline(False)
    room.hears("Typed in the tunnel")
    room.somebody_says("Afterwards")
    room.hears("Afterwards")
    assert room.lines().count("Typed in the tunnel") == 1


def test_a_server_that_is_started_again_is_not_noticed(room: Room) -> None:
    room.watch.expected |= {502, 503}
    room.house.server.kill()
    room.house.server.start()
    room.somebody_says("After the restart")
    room.hears("After the restart")


def test_a_database_that_is_killed_is_not_noticed(room: Room) -> None:
    room.watch.expected |= {502, 503}
    room.page.evaluate("window.sameDocument = true")
    room.house.server.kill_database()
    body = {"text": "After the database came back"}
    say = f"/api/v1/incidents/{room.key}/entries"
    until(lambda: room.house.server.send("POST", say, body, room.house.token)[0] < 300, "the database")
    room.hears("After the database came back")
    assert room.page.evaluate("window.sameDocument") is True


def test_commands_work_and_wrong_ones_say_why(room: Room) -> None:
    message = room.page.get_by_role("textbox", name="Message")
    for line, shown in (
        ("/severity 1 all customers", "set the severity to SEV1"),
        ("/take im", "took the role incident manager"),
        ("/status identified", "set the status to identified"),
    ):
        message.fill(line)
        message.press("Enter")
        room.hears(shown)
    expect(room.page.locator("#room-head")).to_contain_text("SEV1")
    expect(room.page.locator("#room-state")).to_contain_text("Ada Byrne")
    room.watch.expected.add(422)
    message.fill("/dance")
    message.press("Enter")
    expect(room.page.locator("[data-problem]")).to_contain_text("There is no command /dance")
    expect(message).to_have_value("/dance")


def test_what_is_typed_outlives_what_others_do(room: Room) -> None:
    room.page.locator("#resolve > summary").click()
    words = room.page.get_by_label("What resolved it?")
    words.fill("We rolled back")
    room.page.get_by_role("heading", level=1).click()
    room.somebody_says("/severity 1 everybody")
    expect(room.page.locator("#room-head")).to_contain_text("SEV1")
    expect(words).to_have_value("We rolled back")


def test_presence_and_local_times(room: Room, browser: Browser) -> None:
    context = new_context(browser, room.house.server, room.watch)
    page = context.new_page()
    sign_in(page, "ben@lantern.example", room.house.password)
    page.goto(f"/incidents/{room.key}")
    state = room.page.locator("#room-state")
    expect(state).to_contain_text("Ben Okafor")
    expect(state.locator("local-time[zone='Australia/Sydney']").first).to_contain_text(":")
    context.close()


def test_a_countdown_is_shown_until_the_next_update(room: Room) -> None:
    expect(room.page.locator("#room-head count-down").first).to_contain_text("in 1")
    update = {"audience": "responders", "state": "Looking.", "next_update_in_minutes": 45}
    room.house.server.api("POST", f"/incidents/{room.key}/updates", update, room.house.token)
    expect(room.page.locator("#room-head count-down").first).to_contain_text("in 44")


def test_a_missed_update_is_in_the_record(room: Room) -> None:
    setting.later(room.house.server, 20 * 60)
    try:
        room.hears("did not come")
    finally:
        setting.later(room.house.server, 0)


def test_without_scripts_the_room_still_works(room: Room, browser: Browser) -> None:
    context = new_context(browser, room.house.server, room.watch, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, room.house.email, room.house.password)
    page.goto(f"/incidents/{room.key}")
    page.get_by_label("Message").fill("Said without scripts")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[role=log]")).to_contain_text("Said without scripts")
    context.close()


def test_installable_on_a_phone(room: Room) -> None:
    address = room.page.locator("link[rel=manifest]").get_attribute("href")
    manifest = room.page.request.get(f"{room.house.server.url}{address}").json()
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert room.page.request.get(f"{room.house.server.url}{icon['src']}").status == 200


def kept(page: Page) -> bool:
    """Whether the browser keeps the room it shows, with its newest line."""
    script = """async () => {
        const kept = await (await caches.open("tocsin-rooms")).match(location.pathname);
        const newest = [...document.querySelectorAll(".entry")].pop().id;
        return Boolean(kept && (await kept.text()).includes(`id="${newest}"`));
    }"""
    return bool(page.evaluate(script))


def test_a_room_that_was_open_is_readable_without_the_server_and_what_is_written_then_is_sent_once(
    room: Room,
) -> None:
    room.watch.expected |= {502, 503}
    room.somebody_says("The replica is ten minutes behind")
    room.hears("The replica is ten minutes behind")
    until(
        lambda: kept(room.page) and room.page.evaluate("!!navigator.serviceWorker.controller"),
        "the room is kept",
    )
    room.house.server.kill()
    # Two and a half hours pass until it is opened again: what was due meanwhile says so.
    room.page.add_init_script("{ const real = Date.now.bind(Date); Date.now = () => real() + 9_000_000; }")
    room.page.reload()
    room.hears("The replica is ten minutes behind")
    expect(room.page.get_by_text("No connection.")).to_be_visible()
    expect(room.page.get_by_text("This is the room as of")).to_be_visible()
    promised = room.page.locator("#room-head count-down").first
    expect(promised).to_contain_text("was due 2 h")
    expect(room.page.locator("#room-head time-ago").first).to_have_text("2 h 30 min ago")
    message = room.page.get_by_role("textbox", name="Message")
    message.fill("Written while the server was away")
    message.press("Enter")
    expect(room.page.locator("[data-problem]")).to_contain_text("kept here")
    room.house.server.start()
    expect(room.page.get_by_text("No connection.")).to_be_hidden()
    expect(promised).to_contain_text("in 1")
    room.hears("Written while the server was away")
    room.somebody_says("Afterwards")
    room.hears("Afterwards")
    assert room.lines().count("Written while the server was away") == 1
    room.watch.wrong.clear()


def test_a_private_room_is_never_kept_and_one_that_was_kept_goes_with_the_session(room: Room) -> None:
    until(lambda: kept(room.page), "the room is kept")
    body = {"summary": "Somebody reads mail that is not theirs", "severity": 1, "private": True}
    key = room.house.server.api("POST", "/incidents", body, room.house.token)["key"]
    room.page.goto(f"/incidents/{key}")
    room.page.get_by_role("textbox", name="Message").fill("Only for us")
    room.page.get_by_role("textbox", name="Message").press("Enter")
    room.hears("Only for us")
    names = "caches.open('tocsin-rooms').then((c) => c.keys()).then((all) => all.map((r) => new URL(r.url).pathname))"
    assert room.page.evaluate(names) == [f"/incidents/{room.key}"]
    room.context.clear_cookies()
    room.page.goto("/sign-in")
    until(lambda: room.page.evaluate(names) == [], "nothing is kept")


def test_a_long_record_is_windowed(room: Room) -> None:
    room.house.server.rows(
        f"""do $$ declare i uuid := (select id from incidents where key = '{room.key}'); at integer; begin
        for n in 1..1500 loop
            update incidents set head = head + 1 where id = i returning head into at;
            insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
            values (i, 'incident', at, 'message', clock(), 'Ben Okafor', 'web', jsonb_build_object('text', 'Line ' || n));
        end loop; end $$"""
    )
    page = room.page
    page.reload()
    expect(page.get_by_text("Line 1500", exact=True)).to_be_in_viewport()
    entries = page.locator("[data-entries] > [data-seq]")
    assert entries.count() <= 100
    # Up to the first line, step by step, while what is read stays where it is.
    while not page.get_by_text("Line 1", exact=True).count():
        first = entries.first.get_attribute("data-seq")
        page.locator(f"#entry-{first}").scroll_into_view_if_needed()
        page.mouse.wheel(0, -4000)
        expect(page.locator(f"#entry-{int(first or 0) - 1}")).to_be_attached()
        assert entries.count() <= 400
    room.somebody_says("Said while somebody reads the past")
    expect(page.locator("[data-newer]")).to_contain_text("more")
    assert not page.get_by_text("Said while somebody reads the past").count()
    seqs = entries.evaluate_all("all => all.map((e) => Number(e.dataset.seq))")
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    page.locator("[data-newer] a").click()
    room.hears("Said while somebody reads the past")
    page.goto(f"/incidents/{room.key}#entry-700")
    expect(page.locator("#entry-700")).to_be_in_viewport()


def test_a_clock_that_is_wrong_by_an_hour_changes_no_countdown(room: Room, browser: Browser) -> None:
    context = new_context(browser, room.house.server, room.watch)
    page = context.new_page()
    page.add_init_script("{ const real = Date.now.bind(Date); Date.now = () => real() + 3_600_000; }")
    sign_in(page, room.house.email, room.house.password)
    page.goto(f"/incidents/{room.key}")
    expect(page.locator("#room-head count-down").first).to_contain_text("in 1")
    context.close()


def test_a_command_that_is_not_allowed_holds_nothing_back(room: Room, browser: Browser) -> None:
    room.watch.expected.add(422)
    seq = room.somebody_says("The pool is full")
    context = new_context(browser, room.house.server, room.watch)
    page = context.new_page()
    sign_in(page, "ben@lantern.example", room.house.password)
    page.goto(f"/incidents/{room.key}")
    message, problem = page.get_by_role("textbox", name="Message"), page.locator(".composer [data-problem]")
    edit = f"/edit {seq} The pool is fine"
    message.fill(edit)
    message.press("Enter")
    expect(problem).to_contain_text("Only its author or an administrator can edit an entry.")
    expect(message).to_have_value(edit)
    page.reload()
    expect(message).to_have_value(edit)
    # What somebody writes while the answer is on its way stays, too.
    page.route("**/say", lambda route: (message.fill("Look at the"), route.continue_()))
    message.press("Enter")
    expect(problem).to_contain_text("Only its author")
    expect(message).to_have_value(f"{edit}\nLook at the")
    page.unroute("**/say")
    message.fill("Look at the second pool")
    message.press("Enter")
    room.hears("Look at the second pool")
    expect(message).to_have_value("")
    expect(problem).to_have_text("")
    context.close()
    assert room.watch.wrong == []
