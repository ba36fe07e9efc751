"""Two people at once and their roles: offered, accepted, taken at the same second; two hundred people in one room."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, overflow, sign_in
from tests.product import setting

pytestmark = pytest.mark.browser
BEN, NIAMH = "ben@lantern.example", "niamh@lantern.example"


@dataclass
class Two:
    """Ada and Ben look at one incident, each in a browser of their own."""

    house: House
    key: str
    ada: Page
    ben: Page
    watch: Watch
    tokens: dict[str, str]

    def call(self, method: str, path: str, body: Any = None, who: str = "ada") -> Any:
        return self.house.server.api(method, f"/incidents/{self.key}{path}", body, self.tokens[who])

    def refused(self, method: str, path: str, body: Any, who: str) -> tuple[int, str]:
        return self.house.server.send(method, f"/api/v1/incidents/{self.key}{path}", body, self.tokens[who])


@pytest.fixture(scope="module")
def tokens(house: House) -> dict[str, str]:
    made = {
        who: setting.token_in(
            house.server.cli("token", "create", "--email", f"{who}@lantern.example", "--json")
        )
        for who in ("ben", "niamh")
    }
    return {"ada": house.token, **made}


@pytest.fixture
def two(house: House, browser: Browser, tokens: dict[str, str]) -> Iterator[Two]:
    body = {"summary": "Search is slow", "severity": 2, "impact": "Searches take ten seconds"}
    key = str(house.server.api("POST", "/incidents", body, house.token)["key"])
    watch, contexts, pages = Watch(), list[BrowserContext](), list[Page]()
    for email in (house.email, BEN):
        contexts.append(new_context(browser, house.server, watch))
        pages.append(contexts[-1].new_page())
        sign_in(pages[-1], email, house.password)
        pages[-1].goto(f"/incidents/{key}")
    yield Two(house, key, *pages, watch, tokens)
    for context in contexts:
        context.close()
    assert watch.wrong == []


def role(page: Page, name: str) -> Locator:
    return page.locator(f"#room-state [data-role={name}]")


def test_offered_declined_offered_and_accepted(two: Two) -> None:
    role(two.ada, "tech_lead").get_by_role("button", name="Take").click()
    expect(role(two.ada, "tech_lead")).to_contain_text("Ada Byrne")
    expect(two.ada.locator("#room-state #instructions-tech_lead")).to_contain_text(
        "You lead the search for the cause"
    )
    for answer in ("Decline", "Accept"):
        two.ada.locator("#room-state #offer > summary").click()
        form = two.ada.locator("#room-state #offer form")
        form.get_by_label("Role", exact=True).select_option("tech_lead")
        form.get_by_label("To", exact=True).fill("Ben Okafor")
        expect(form.get_by_label("What they have to know")).to_have_value("SEV2, investigating: Search is slow\nImpact: Searches take ten seconds\nNext update promised for "
            + form.get_by_label("What they have to know").input_value().split("promised for ")[1])  # fmt: skip
        form.get_by_role("button", name="Offer").click()
        expect(role(two.ada, "tech_lead")).to_contain_text("Offered to Ben Okafor")
        expect(role(two.ada, "tech_lead").locator(".person").first).to_contain_text("Ada Byrne")
        mine = two.ben.locator("#room-mine .offered")
        expect(mine).to_contain_text("Ada Byrne offers you tech lead of")
        mine.get_by_role("button", name=answer).click()
        expect(two.ada.get_by_role("log")).to_contain_text(
            {
                "Decline": "declined the role tech lead",
                "Accept": "accepted the role tech lead, was Ada Byrne",
            }[answer]
        )
    expect(role(two.ada, "tech_lead").locator(".person")).to_contain_text("Ben Okafor")
    expect(two.ben.locator("#room-mine .offered")).to_have_count(0)
    expect(two.ada.locator("#room-head .presence.here")).to_have_count(1)


def test_an_offer_is_on_now_and_in_a_message(two: Two) -> None:
    two.call("PUT", "/roles/scribe", {})
    two.call("POST", "/roles/scribe/offer", {"user_id": id_of(two, BEN), "brief": "Two findings are in #4"})
    mail = two.house.mailbox.wait(BEN, f"Ada Byrne offers you scribe of {two.key}")
    assert f"/incidents/{two.key}#roles" in mail.as_string()
    two.ben.goto("/")
    card = two.ben.locator(".offered").filter(has_text=two.key)
    expect(card).to_contain_text("Ada Byrne has it until you accept")
    card.get_by_role("button", name="Accept").click()
    two.ben.wait_for_url(f"**/incidents/{two.key}")
    expect(role(two.ben, "scribe")).to_contain_text("Ben Okafor")


def test_two_take_a_role_and_the_other_reads_who(two: Two) -> None:
    takes = [role(page, "incident_manager").get_by_role("button", name="Take") for page in (two.ada, two.ben)]
    for take in takes:
        expect(take).to_be_visible()
    takes[1].evaluate(
        "button => document.body.append(Object.assign(button.form.cloneNode(true), {id: 'late'}))"
    )
    takes[0].click()
    expect(role(two.ada, "incident_manager")).to_contain_text("Ada Byrne")
    two.ben.locator("#late").evaluate("form => form.submit()")
    expect(two.ben.locator(".callout.danger")).to_contain_text("Ada Byrne is incident manager")


def test_how_one_takes_part_is_one_tap(two: Two) -> None:
    people = two.ben.locator("#room-state #people")
    people.get_by_role("button", name="Watching").click()
    expect(two.ada.locator("#room-state #people")).to_contain_text("1 watching")
    people.get_by_role("button", name="On it").click()
    expect(two.ada.get_by_role("log")).to_contain_text("is on it")
    card = two.ada.locator("#room-state .person-card").filter(has_text="Ben Okafor")
    # Whoever watches is in a folded list; the card is where it can be opened once the panel has followed the record.
    expect(card.locator("summary")).to_be_visible()
    card.locator("summary").press("Enter")
    expect(card).to_contain_text("Pages this week")
    card.get_by_placeholder("Thank you, get some sleep").fill("Great find")
    card.get_by_role("button", name="Release").click()
    expect(two.ben.get_by_role("log")).to_contain_text("released Ben Okafor: Great find")
    assert "Get some sleep" in two.house.mailbox.wait(BEN, f"releases you from {two.key}").as_string()


def test_somebody_is_invited_and_somebody_paged_in_one_line(two: Two) -> None:
    two.ada.locator("#room-state #invite > summary").click()
    form = two.ada.locator("#room-state #invite form")
    form.get_by_label("Whom").fill("Niamh Walsh")
    form.get_by_role("button", name="Invite").click()
    expect(two.ada.get_by_role("log")).to_contain_text("invited Niamh Walsh")
    expect(two.ada.locator("#room-state #people")).to_contain_text("1 invited")
    two.watch.expected.add(422)
    line = two.ada.locator("#room-state").get_by_label("Page somebody")
    line.fill("paymints on-call: the queue grows")
    line.press("Enter")
    expect(two.ada.locator(".page-line [data-answer]")).to_contain_text("nobody and nothing named paymints")
    expect(line).to_have_value("paymints on-call: the queue grows")
    line.fill("payments on-call https://grafana.example/queue grows")
    line.press("Enter")
    expect(two.ada.get_by_role("log")).to_contain_text("paged Payments")
    expect(line).to_have_value("")


def test_the_api_does_the_same(two: Two) -> None:
    two.call("PUT", "/roles/tech_lead", {})
    status, text = two.refused("PUT", "/roles/tech_lead", {"user_id": id_of(two, NIAMH)}, "ben")
    assert (status, "Offer the role" in text) == (422, True)
    at = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    offer = two.call("POST", "/roles/tech_lead/offer", {"user_id": id_of(two, BEN), "effective_at": at})["id"]
    (waiting,) = two.call("GET", "/role-offers")["offers"]
    assert (waiting["id"], waiting["state"], waiting["brief"].splitlines()[0]) == (
        offer, "open", "SEV2, investigating: Search is slow",
    )  # fmt: skip
    assert two.refused("POST", f"/role-offers/{offer}/accept", {}, "niamh")[0] == 403
    assert two.call("POST", f"/role-offers/{offer}/accept", {}, "ben")["offers"][0]["state"] == "accepted"
    assert two.call("POST", f"/role-offers/{offer}/decline", {"why": "ill"}, "ben")["offers"] == []
    offer = two.call("POST", "/roles/tech_lead/offer", {"user_id": id_of(two, BEN)})["id"]
    assert two.call("POST", f"/role-offers/{offer}/withdraw", {})["offers"] == []
    assert (
        two.refused("POST", "/role-offers/00000000-0000-0000-0000-000000000000/accept", {}, "ben")[0] == 404
    )
    people = two.call("PUT", "/people/me", {"part": "watching"}, "ben")["people"]
    assert [(p["name"], p["part"], p["roles"]) for p in people] == [
        ("Ada Byrne", "on_it", ["Tech lead"]), ("Ben Okafor", "watching", []),
    ]  # fmt: skip
    assert two.call("POST", "/release-watchers")["released"] == 1
    two.call("POST", "/invitations", {"user_id": id_of(two, NIAMH), "why": "the ledger"})
    assert two.refused("POST", f"/people/{id_of(two, two.house.email)}/release", {}, "ada")[0] == 409


def test_roles_are_set_by_administrators(two: Two) -> None:
    server, page = two.house.server, two.ada
    page.goto("/settings/roles")
    form = page.get_by_role("region", name="A role of your own")
    form.get_by_label("Title").fill("Security lead")
    form.get_by_label("What whoever takes it does").fill("Keep the evidence.\nSpeak to legal.")
    form.get_by_label("Only members of these teams").check()
    form.get_by_role("button", name="Add the role").click()
    expect(page.get_by_role("region", name="Security lead")).to_contain_text("for nobody yet")
    two.ben.goto(f"/incidents/{two.key}")
    security = role(two.ben, "security_lead")
    security.locator("summary").click()
    security.get_by_label("What is the emergency?").fill("nobody else is awake")
    security.get_by_role("button", name="Take it all the same").click()
    expect(two.ben.get_by_role("log")).to_contain_text(
        "took the role security lead all the same, although not named for it: nobody else is awake"
    )
    assert server.send("POST", "/api/v1/roles", {"title": "King"}, two.tokens["ben"])[0] == 403
    assert server.api("POST", "/roles", {"title": "Liaison"}, two.tokens["ada"]) == {"name": "liaison"}
    changed = server.api("PUT", "/roles/liaison", {"title": "Voice"}, two.tokens["ada"])["roles"]
    assert [r["title"] for r in changed][-1] == "Voice"
    server.api("DELETE", "/roles/liaison", None, two.tokens["ada"])
    two.ben.goto("/settings/roles")
    expect(two.ben.get_by_role("button", name="Save")).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 390])
def test_two_hundred_people_stay_readable(two: Two, width: int) -> None:
    two.house.server.rows(
        "with made as (insert into users (id, email, name, time_zone) select gen_random_uuid(), $2 || n || '@many.example',"
        " case when n % 20 = 0 then repeat('Wolfeschlegel', 8) || n else 'Person ' || n end, 'Asia/Kolkata'"
        " from generate_series(1, 200) n returning id)"
        " insert into incident_responders (incident_id, user_id, part) select i.id, made.id,"
        " case when row_number() over () % 3 = 0 then 'on_it' else 'watching' end from incidents i, made where i.key = $1 returning 1",
        two.key, f"w{width}-",
    )  # fmt: skip
    two.call("PUT", "/roles/scribe", {}, "ben")
    page = two.ada
    page.set_viewport_size({"width": width, "height": 900})
    answer = page.reload()
    assert answer is not None
    assert len(gzip.compress(answer.body(), 5)) < 60_000
    if width == 390:
        page.locator(".room-tabs a[data-tab=state]").click()
    people = page.locator("#room-state #people")
    expect(people.locator(".person-row:visible")).to_have_count(13)
    expect(people.locator(".person-row").first).to_contain_text("Ben Okafor")
    expect(people).to_contain_text("55 more on it")
    people.get_by_label("Find a person in this room").fill("person 199")
    expect(people.locator(".person-row:visible")).to_have_count(1)
    people.get_by_label("Find a person in this room").fill("wolfe")
    people.locator(".person-row:visible summary").first.click()
    assert overflow(page) == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, "#people")
        assert [v["id"] for v in found.response["violations"]] == []


def id_of(two: Two, email: str) -> str:
    return setting.id_of(two.house.server, two.tokens["ada"], email)
