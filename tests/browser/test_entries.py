"""Entries in the room: completed by keyboard alone, pasted from a terminal, edited by two at once, gone from every screen."""

import gzip

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, People
from tests.browser.support import overflow

pytestmark = pytest.mark.browser
PASTE = """([field, text]) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    field.focus();
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
PODS = "\x1b[1mNAME      READY   STATUS\x1b[0m\nweb-1     0/1     CrashLoopBackOff\nweb-2     1/1     Running"


@pytest.fixture
def key(people: People) -> str:
    body = {"summary": "Search is slow", "severity": 2}
    found = people.house.server.api("POST", "/incidents", body, people.house.token)
    return str(found["key"])


def says(people: People, key: str, text: str, **more: object) -> int:
    answer = people.house.server.api(
        "POST", f"/incidents/{key}/entries", {"text": text} | more, people.house.token
    )
    return int(answer["seq"])


def message(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def paste(page: Page, text: str) -> None:
    page.evaluate(PASTE, [message(page).element_handle(), text])


def test_a_person_and_a_command_by_keyboard_alone(people: People, key: str) -> None:
    page = people.page
    page.goto(f"/incidents/{key}")
    page.keyboard.press("/")
    expect(message(page)).to_be_focused()
    page.keyboard.type("@be")
    offers = page.get_by_role("listbox", name="Completions")
    expect(offers.get_by_role("option")).to_have_count(2)
    expect(message(page)).to_have_attribute("aria-controls", offers.get_attribute("id") or "")
    first = message(page).get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    expect(message(page)).not_to_have_attribute("aria-activedescendant", first or "")
    chosen = page.locator(f"#{message(page).get_attribute('aria-activedescendant')}")
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(chosen).to_contain_text("@Ben Okafor")
    page.keyboard.press("Enter")
    expect(message(page)).to_have_value("@Ben Okafor ")
    expect(offers).to_be_hidden()
    page.keyboard.type("look at @im")
    page.keyboard.press("Escape")
    expect(offers).to_be_hidden()
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    line = page.locator(".entry.said .words").last
    expect(line.locator(".mention").first).to_have_text("@Ben Okafor")
    expect(line).to_contain_text("second line")
    page.keyboard.type("/unp")
    expect(offers.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(message(page)).to_have_value("/unpin ")


def test_completion_by_touch_on_a_phone(people: People, key: str) -> None:
    page = people.of("ben", **PHONE)
    says(people, key, "```\n" + "wide " * 60 + "\n```")
    page.goto(f"/incidents/{key}")
    message(page).tap()
    page.keyboard.type("@ad")
    page.get_by_role("listbox", name="Completions").get_by_role("option").first.tap()
    expect(message(page)).to_have_value("@Ada Byrne ")
    assert overflow(page) == []


def test_whoever_is_addressed_sees_it_marked(people: People, key: str) -> None:
    ben = people.of("ben")
    says(people, key, "Nothing for anybody")
    seq = says(people, key, "@Ben Okafor please look")
    ben.goto("/")
    expect(ben.get_by_role("region", name="You were mentioned")).to_contain_text(key)
    ben.get_by_role("link", name=f"{key} Search is slow").first.click()
    expect(ben.locator(f"#entry-{seq}.to-me .mention.me")).to_have_text("@Ben Okafor")
    later = says(people, key, "@ben once more")
    expect(ben.locator(f"#entry-{later} .mention.me")).to_have_count(1)


def test_text_of_a_terminal_stays_readable(people: People, key: str) -> None:
    page = people.page
    page.goto(f"/incidents/{key}")
    paste(page, PODS)
    assert message(page).input_value().startswith("```\nNAME      READY")
    message(page).press("Enter")
    block = page.locator(".entry.said pre").last
    expect(block).to_have_text(PODS.replace("\x1b[1m", "").replace("\x1b[0m", ""))
    font = block.evaluate("e => getComputedStyle(e).fontFamily")
    assert "mono" in font.lower()
    paste(page, "one line")
    paste(page, "https://example.org/\n")
    assert message(page).input_value() == "", "left to the browser"
    paste(page, "\n".join(f"line {n}  of many" for n in range(2_000)))
    message(page).press("Enter")
    fold = page.locator(".entry.said details.fold").last
    expect(fold).to_contain_text("2000 lines")
    expect(fold.locator("pre")).to_be_hidden()
    fold.locator("summary").click()
    expect(fold.locator("pre")).to_be_visible()
    paste(page, "a  b\n" * 100_000)
    expect(page.locator("[data-problem]").first).to_contain_text("Attach it")


#: One line of so many characters, as minified JSON is; made in the page.
LINE = """([field, length]) => {
    const data = new DataTransfer(), body = '{"rows":["' + "abcdefghi,".repeat(Math.ceil(length / 10)).slice(0, length - 13) + '"]}';
    data.setData("text/plain", body);
    field.focus();
    return [body.length, field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))];
}"""


def test_one_long_line_is_never_cut_silently(people: People, key: str) -> None:
    page = people.page
    page.goto(f"/incidents/{key}")
    field, said, log = message(page), page.locator("[data-problem]").first, page.get_by_role("log")
    field.fill("kubectl get -o json")
    length, left_to_the_browser = page.evaluate(LINE, [field.element_handle(), 60_000])
    assert (length, left_to_the_browser) == (60_000, False)
    expect(said).to_contain_text("60,000 characters: it becomes an entry of its own")
    expect(page.locator("[data-pasted] pre")).to_contain_text('{"rows":["abc')
    assert field.input_value().startswith('/output kubectl get -o json\n{"rows":["')
    assert len(field.input_value()) == 60_000 + len("/output kubectl get -o json\n")
    field.press("Enter")
    fold = log.locator("details.fold").last
    expect(fold.locator("summary")).to_contain_text("60,000 characters")
    expect(page.locator("[data-pasted]")).to_have_count(0)
    # What fits neither a line nor an entry is offered as a file, whole.
    field.fill("look at this")
    length, left_to_the_browser = page.evaluate(LINE, [field.element_handle(), 50_000_000])
    assert (length, left_to_the_browser) == (50_000_000, False)
    expect(said).to_contain_text("50,000,000 characters; 149,988 fit")
    expect(field).to_have_value("look at this")
    page.get_by_role("button", name="Attach it as a file").click()
    expect(log.get_by_role("link", name="pasted.json.gz")).to_be_visible()
    expect(page.locator("[data-pasted]")).to_have_count(0)
    address = log.get_by_role("link", name="pasted.json.gz").get_attribute("href")
    content = page.request.get(f"{people.house.server.url}{address}").body()
    assert len(gzip.decompress(content)) == 50_000_000
    page.evaluate(LINE, [field.element_handle(), 200_000])
    page.get_by_role("button", name="Attach it as a file").click()
    expect(log.get_by_role("link", name="pasted.json", exact=True)).to_be_visible()
    # A field that is nearly full takes no part of what does not fit.
    field.fill("x" * 149_990)
    page.evaluate(LINE, [field.element_handle(), 100])
    expect(said).to_contain_text("100 characters; 10 fit")
    assert len(field.input_value()) == 149_990


def test_help_opens_the_list_of_commands(people: People, key: str) -> None:
    page = people.page
    page.goto(f"/incidents/{key}")
    message(page).fill("/help")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#commands dl")).to_be_visible()
    expect(message(page)).to_have_value("")


def test_on_a_phone_enter_begins_a_line_and_the_button_sends(people: People, key: str) -> None:
    page = people.of("ben", **PHONE)
    page.goto(f"/incidents/{key}")
    page.locator(".room-tabs [data-tab=record]").tap()
    message(page).tap()
    page.keyboard.type("first")
    page.keyboard.press("Enter")
    page.keyboard.type("second")
    expect(message(page)).to_have_value("first\nsecond")
    expect(message(page)).to_have_attribute("enterkeyhint", "enter")
    page.get_by_role("button", name="Send").tap()
    expect(message(page)).to_have_value("")
    line = page.locator(".entry.said .words").last
    expect(line).to_contain_text("first")
    expect(line).to_contain_text("second")


def test_two_edit_the_same_entry(people: People, key: str) -> None:
    people.watch.expected.add(409)
    seq = says(people, key, "First words")
    ada, other = people.page, people.of("ada")
    for page in (ada, other):
        page.goto(f"/incidents/{key}/entries/{seq}/about")
    ada.get_by_label("Words").fill("Words of the first browser")
    ada.get_by_role("button", name="Save").click()
    expect(ada.locator(f"#entry-{seq} .words")).to_have_text("Words of the first browser")
    other.get_by_label("Words").fill("Words of the second browser")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("alert")).to_contain_text("Words of the first browser")
    expect(other.get_by_label("Words")).to_have_value("Words of the second browser")
    other.get_by_label("Words").fill("Words of both browsers")
    other.get_by_role("button", name="Save").click()
    for page in (ada, other):
        expect(page.locator(f"#entry-{seq} .words")).to_have_text("Words of both browsers")
    ada.locator(f"#entry-{seq}").get_by_role("link", name="edited").click()
    expect(ada.get_by_role("dialog")).to_contain_text("First words")


def test_what_is_taken_out_disappears_from_every_screen(people: People, key: str) -> None:
    seq = says(people, key, "The password is hunter2")
    ben = people.of("ben")
    ben.goto(f"/incidents/{key}")
    expect(ben.locator(f"#entry-{seq} .words")).to_contain_text("hunter2")
    page = people.page
    page.goto(f"/incidents/{key}")
    page.locator(f"#entry-{seq}").hover()
    page.locator(f"#entry-{seq}").get_by_role("link", name=f"About entry {seq}").click()
    over = page.get_by_role("dialog")
    over.get_by_text("Take its words out for good").click()
    over.get_by_label("Why").fill("a password")
    over.get_by_role("button", name="Take them out").click()
    expect(ben.locator(f"#entry-{seq} .words")).to_contain_text("redacted by Ada")
    assert "hunter2" not in ben.content()


def test_reactions_pins_and_replies_are_on_every_screen(people: People, key: str) -> None:
    seq = says(people, key, "It is back")
    ben = people.of("ben")
    ben.goto(f"/incidents/{key}")
    page = people.page
    page.goto(f"/incidents/{key}")
    says(people, key, f"/react {seq} 👍")
    for each in (page, ben):
        expect(each.locator(f"#entry-{seq} button.chip")).to_have_text("👍 1")
    expect(page.locator(f"#entry-{seq} button.chip")).to_have_attribute("aria-pressed", "true")
    ben.locator(f"#entry-{seq} button.chip").click()
    for each in (page, ben):
        expect(each.locator(f"#entry-{seq} button.chip")).to_have_text("👍 2")
    ben.locator(f"#entry-{seq} button.chip").click()
    expect(page.locator(f"#entry-{seq} button.chip")).to_have_text("👍 1")
    says(people, key, f"/pin {seq}")
    expect(ben.get_by_role("region", name="Pinned")).to_contain_text("It is back")
    says(people, key, "Since when?", reply_to=seq)
    expect(ben.locator(f"#entry-{seq} [data-thread]")).to_have_text("1 reply")
    ben.locator(f"#entry-{seq} [data-thread]").click()
    expect(ben.get_by_role("dialog")).to_contain_text("Since when?")
    ben.keyboard.press("Escape")
    expect(ben.get_by_role("dialog")).to_have_count(0)


def test_the_scribe_writes_down_one_line_after_the_other(people: People, key: str) -> None:
    page = people.page
    says(people, key, "/take scribe")
    page.goto(f"/incidents/{key}")
    heard = page.get_by_label("Words, perhaps with a name in front")
    heard.fill("Ben: roll back 4211")
    page.get_by_role("button", name="Decided").click()
    expect(page.locator(".entry.said").last).to_contain_text("wrote down what Ben decided roll back 4211")
    expect(heard).to_have_value("")
    expect(heard).to_be_focused()
    heard.fill("The graph is flat")
    heard.press("Enter")
    expect(page.locator(".entry.said .words").last).to_have_text("The graph is flat")


def test_what_the_scribe_wrote_stays_until_it_is_written_down(people: People, key: str) -> None:
    people.watch.expected.add(422)
    page = people.page
    says(people, key, "/take scribe")
    page.goto(f"/incidents/{key}")
    heard, said = (
        page.get_by_label("Words, perhaps with a name in front"),
        page.locator(".scribe [data-answer]"),
    )
    heard.fill("25:10 Ana: restarted redis")
    heard.press("Enter")
    expect(said).to_have_text("That is no time of day.")
    expect(heard).to_have_value("25:10 Ana: restarted redis")
    # The line is written down, but nobody learns so: it is sent again, and stands there once.
    heard.fill("Ana: restarted redis")
    page.route("**/log", lambda route: (route.fetch(), route.fulfill(status=502, body="")))
    people.watch.expected.add(502)
    heard.press("Enter")
    expect(said).to_have_text("The server did not answer. Try again: nothing is done twice.")
    expect(heard).to_have_value("Ana: restarted redis")
    page.unroute("**/log")
    heard.press("Enter")
    expect(said).to_have_text("Written down.")
    expect(heard).to_have_value("")
    # The next line was begun before the answer came.
    page.route("**/log", lambda route: (heard.fill("Ben: it is b"), route.continue_()))
    heard.fill("Ana: and nginx")
    heard.press("Enter")
    lines = page.locator(".entry.said .words")
    expect(lines.last).to_have_text("and nginx")
    expect(heard).to_have_value("Ben: it is b")
    assert lines.all_inner_texts() == ["restarted redis", "and nginx"]


def test_searching_and_jumping(people: People, key: str) -> None:
    seq = says(people, key, "Restarted quagga on edge-3")
    page = people.page
    page.goto("/alerts")
    page.locator("body").press("g")
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    page.get_by_role("searchbox").fill("quag")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"{key}, {seq}").click()
    expect(page.locator(f"#entry-{seq}")).to_be_in_viewport()
    page.goto(f"/incidents/{key}/record")
    page.get_by_label("Said").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".entry")).to_have_count(1)


def test_a_group_of_entries_in_the_room(people: People, key: str) -> None:
    says(people, key, "One line")
    page = people.page
    page.goto(f"/incidents/{key}")
    log = page.get_by_role("log")
    expect(log).to_contain_text("One line")
    chips = page.get_by_role("navigation", name="Show in the record")
    chips.get_by_role("link", name="State").click()
    expect(log).not_to_contain_text("One line")
    expect(log).to_contain_text("declared")
    says(people, key, "Another line")
    people.house.server.api("PUT", f"/incidents/{key}/status", {"status": "identified"}, people.house.token)
    expect(log).to_contain_text("identified")
    expect(log).not_to_contain_text("Another line")
    expect(chips.locator("[aria-current]")).to_have_text("State")
    page.reload()
    expect(log).to_contain_text("identified")
    expect(log).not_to_contain_text("Another line")
    chips.get_by_role("link", name="All").click()
    expect(log).to_contain_text("Another line")
    assert "kinds" not in page.url
    seq = says(people, key, "Found by its number")
    chips.get_by_role("link", name="Updates").click()
    page.evaluate(f"location.hash = 'entry-{seq}'")
    expect(page.locator(f"#entry-{seq}")).to_be_in_viewport()
    expect(chips.locator("[aria-current]")).to_have_text("All")
