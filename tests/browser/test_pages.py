"""Every page for people, in every width and both palettes, with hostile words in it; and the way without a mouse."""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from starlette.routing import Route

from tests import folders
from tests.browser.conftest import House
from tests.browser.support import Watch, new_context, overflow, sign_in
from tests.product.harness import link_in, until
from tocsin import web
from tocsin.duty.fatigue import relief_token
from tocsin.duty.handover_model import handover_token
from tocsin.duty.readiness_work import receipt_token
from tocsin.edge.access import Who
from tocsin.kernel.crypto import Keys, hash_token, load_master, new_token
from tocsin.kernel.ids import new_id
from tocsin.oncall.links import swap_token
from tocsin.paging.links import ack_all_token

pytestmark = pytest.mark.browser

PEOPLE = {Who.ANYONE, Who.VIEWER, Who.MEMBER, Who.ADMIN, Who.SIGNED_LINK}
#: Parts of pages, files and ways out: nobody sees them as a page.
NO_PAGES = {
    "/incidents/{key}/files/{file}", "/incidents/{key}/transcripts/{seq}/then",
    "/calendar/{token}.ics", "/handbook.yaml", "/healthz", "/wall/state", "/wall/events", "/incidents/{key}/brief/rewritten", "/incidents/{key}/export/{format}", "/incidents/export.schema.json", "/healthz/paging", "/incidents/{key}/entries", "/incidents/{key}/entries/marks", "/incidents/{key}/names", "/incidents/{key}/notes/preview", "/incidents/{key}/notes/updates", "/incidents/{key}/postmortem.md", "/incidents/{key}/state", "/metrics", "/on-call/fairness.csv", "/push/device", "/readyz", "/sw.js",
}  # fmt: skip
WIDTHS = {1440: 900, 820: 1180, 390: 844}
#: Every way out of a text into markup or script; what reverses the line; what no font has; a word without a break.
HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>\"'`&amp;</textarea></title>"
    "{{7*7}}${7*7}\u202egnirts desrever\u202c \U0001f525\U0001f9ef\u0301 "
)
WORD = "W" * 120
#: The same for schedules, which refuse characters that nobody can see.
SEEN = HOSTILE.replace("\u202e", "").replace("\u202c", "")


def declared() -> Iterator[Route]:
    """The routes of all modules of pages."""
    for module in pkgutil.iter_modules(web.__path__):
        if module.name == "pages":
            continue  # the list of the others
        routes = getattr(importlib.import_module(f"tocsin.web.{module.name}"), "routes", list)
        yield from (route for route in routes() if isinstance(route, Route))


def paths() -> list[str]:
    """The GET routes that people may open, from the pages' own declarations."""
    found = {r.path for r in declared() if "GET" in (r.methods or ()) and getattr(r, "who", None) in PEOPLE}
    return sorted(path for path in found - NO_PAGES if not path.startswith("/api/"))


@dataclass
class Walk:
    """Ada's browser, what it met, and what stands for the variables of paths."""

    page: Page
    watch: Watch
    samples: dict[str, str]

    def address(self, path: str) -> str:
        path = path.replace("{token}", self.samples.get(path.split("/")[1], "{token}"))
        path = path.replace("/transcripts/{seq}", f"/transcripts/{self.samples['transcript']}")
        for name, value in self.samples.items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, f"no sample for {path}: add it to the fixture `walk`"
        return path


@pytest.fixture(scope="module")
def walk(house: House, browser: Browser) -> Iterator[Walk]:
    samples = furnish(house)
    watch = Watch()
    context = new_context(browser, house.server, watch)
    page = context.new_page()
    sign_in(page, house.email, house.password)
    yield Walk(page, watch, samples)
    context.close()


def furnish(house: House) -> dict[str, str]:
    """Puts hostile words into every field that a door takes; answers what stands for the variables of paths."""
    server, token = house.server, house.token
    users = server.api("GET", "/users", token=token)["users"]
    ada = next(u["id"] for u in users if u["email"] == house.email)
    team = server.api(
        "POST", "/teams", {"name": (HOSTILE + WORD)[:100], "description": HOSTILE + WORD}, token
    )
    server.api("POST", "/users", {"email": "w" * 60 + "@example.org", "name": (HOSTILE + WORD)[:200]}, token)
    steps = [{"delay_s": 0, "users": [ada]}]
    hostile = {"name": (WORD + HOSTILE)[:100], "steps": steps, "final": {"team": team["id"]}}
    policy = server.api("POST", "/escalation-policies", hostile, token)
    service = {
        "name": HOSTILE[:100], "description": HOSTILE + "W" * 5000, "team_id": team["id"],
        "escalation_policy_id": policy["id"], "runbook_url": "https://runbooks.example/" + WORD,
    }  # fmt: skip
    service_id = server.api("POST", "/services", service, token)["id"]
    rotation = {"participants": [ada], "start_date": "2026-01-05", "name": SEEN[:100]}
    schedule = {
        "name": (SEEN + WORD)[:100],
        "time_zone": "Asia/Kolkata",
        "description": SEEN,
        "rotations": [rotation],
    }
    schedule_id = server.api("POST", "/schedules", schedule, token)["id"]
    for about in ({}, {"team_id": team["id"]}, {"schedule_id": schedule_id}):
        server.api("POST", "/calendar-feeds", about, token)
    rota = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260101T000000Z\nDURATION:P1D\nRRULE:FREQ=DAILY\n"
        f"SUMMARY:{HOSTILE}{WORD}\nEND:VEVENT\nEND:VCALENDAR"
    )
    server.api(
        "POST", f"/schedules/{schedule_id}/calendars", {"text": rota, "name": (WORD + SEEN)[:100]}, token
    )
    alert = report(
        house,
        server.api(
            "POST",
            "/integrations",
            {"name": HOSTILE[:100], "format": "generic", "service_id": service_id},
            token,
        )["key"],
    )
    mail = house.mailbox.wait(house.email, f"#{alert}")
    key = incident(house, alert)
    until(lambda: server.get(f"/api/v1/incidents/{key}/notes", token)[0] == 200, "the notes page")
    server.api("PUT", f"/incidents/{key}/notes", {"body": f"# {HOSTILE}\n\n- [ ] {WORD}\n"}, token)
    publication = until(lambda: server.rows("select id from publications limit 1"), "the publication")[0][
        "id"
    ]
    silence = {
        "reason": (HOSTILE + WORD)[:500], "link": "https://changes.example/" + WORD, "service_ids": [str(service_id)],
        "ends_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(), "quieten": False,
        "matchers": [{"field": "details." + WORD, "operator": "equals", "value": (HOSTILE + WORD)[:500]}],
    }  # fmt: skip
    silence_id = server.api("POST", "/silences", silence, token)["id"]
    rule = {
        "name": (HOSTILE + WORD)[:100], "fields": ["details." + WORD, "tag:" + WORD[:99]], "team_id": team["id"],
        "matchers": silence["matchers"],
    }  # fmt: skip
    rule_id = server.api("POST", "/grouping", rule, token)["id"]
    return {
        "transcript": transcript_of(house, key), "n": "1",
        "alert": alert, "key": key, "version": "2", "seq": "1", "rule_id": str(rule_id), "silence_id": str(silence_id), "service_id": str(service_id), "policy_id": str(policy["id"]),
        "schedule_id": str(schedule_id), "publication_id": str(publication),
        "token": link_in(mail, "/ack/").rpartition("/")[2], "team_id": str(team["id"]),
        "relief": relief_link(house, UUID(str(schedule_id)), UUID(ada)),
        "receipt": receipt_link(house), "ack-all": bundle_link(house, alert),
        "swap": swap_link(house, str(schedule_id), next(u["id"] for u in users if u["id"] != ada)),
        "handover": handover_link(house, UUID(str(schedule_id)), UUID(ada)), "user_id": ada,
        **{path: link_that_works_once(house, purpose) for path, purpose in LINKS.items()},
    }  # fmt: skip


def transcript_of(house: House, key: str) -> str:
    """What was said on a call, in hostile words; answers its entry's number."""
    began = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    with folders.new("call") as home:
        words = home / "call.vtt"
        words.write_text(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{WORD}: {HOSTILE}{WORD}\n", encoding="utf-8")
        sent = house.server.cli(
            "incident",
            "attach",
            key,
            str(words),
            "--began-at",
            began,
            "--transcript",
            "--json",
            token=house.token,
        )
    return str(json.loads(sent)["seq"])


#: The pages behind links that work once, with the link's purpose.
LINKS = {"set-up": "setup", "invitation": "invitation", "reset": "reset", "verify": "verification"}


def link_that_works_once(house: House, purpose: str) -> str:
    """A link of Ada's. By SQL: only mails carry them."""
    token = new_token("tclink")
    house.server.rows(
        "insert into one_time_links (hash, purpose, user_id, contact_method_id, expires_at) "
        "select $1, $2, case when $2 <> 'setup' then u.id end, case when $2 = 'verification' then m.id end, "
        "clock() + interval '1 hour' from users u join contact_methods m on m.user_id = u.id "
        "where u.email = $3 limit 1",
        hash_token(token),
        purpose,
        house.email,
    )
    return token


def receipt_link(house: House) -> str:
    """What a weekly test of Ada's brings."""
    test = new_id()
    house.server.rows(
        "insert into method_tests (id, contact_method_id, delivery_id) select $1, m.id, $1 from contact_methods m "
        "join users u on u.id = m.user_id where u.email = $2 limit 1",
        test, house.email,
    )  # fmt: skip
    return receipt_token(
        Keys(load_master(house.server.data, None)), test, datetime.now(UTC) + timedelta(days=1)
    )


def bundle_link(house: House, alert: str) -> str:
    """Of a message that listed every page of this alert. By SQL: here no two alerts go together."""
    bundle = new_id()
    house.server.rows(
        "insert into bundle_pages (bundle_id, page_id) select $1, p.id from pages p join alerts a on a.id = p.alert_id "
        "where a.number = $2 and p.user_id is not null",
        bundle, int(alert),
    )  # fmt: skip
    return ack_all_token(keys_of(house), bundle, datetime.now(UTC))


def relief_link(house: House, schedule_id: UUID, user_id: UUID) -> str:
    """What only somebody tired is sent."""
    return relief_token(keys_of(house), schedule_id, user_id, datetime.now(UTC))


def keys_of(house: House) -> Keys:
    return Keys(load_master(house.server.data, None))


def swap_link(house: House, schedule_id: str, asked: str) -> str:
    """What is sent to whom Ada asks to take a shift."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    body = {
        "starts_at": tomorrow.isoformat(), "ends_at": (tomorrow + timedelta(days=1)).isoformat(), "to_user_id": asked,
        "note": (HOSTILE + WORD)[:500],
    }  # fmt: skip
    swap = house.server.api("POST", f"/schedules/{schedule_id}/swaps", body, house.token)
    return swap_token(keys_of(house), UUID(swap["id"]), UUID(asked), tomorrow)


def handover_link(house: House, schedule_id: UUID, user_id: UUID) -> str:
    """What is sent before a shift. By SQL: the clock prepares it an hour before."""
    house.server.rows(
        "insert into handovers (id, schedule_id, track, to_user_id, starts_at, ends_at, needs_acceptance) "
        "select gen_random_uuid(), schedule_id, track, user_id, starts_at, ends_at, true from shifts "
        "where schedule_id = $1 and ends_at > clock() order by starts_at limit 1 "
        "on conflict (schedule_id, track, starts_at, to_user_id) do update set needs_acceptance = true",
        schedule_id,
    )
    found = house.server.rows(
        "select id from handovers where schedule_id = $1 and needs_acceptance limit 1", schedule_id
    )
    later = datetime.now(UTC) + timedelta(days=1)
    return handover_token(keys_of(house), UUID(str(found[0]["id"])), user_id, later)


def report(house: House, key: str) -> str:
    """An alert whose every field is hostile and 5,000 characters long; answers its number."""
    long = HOSTILE + "W" * 5000
    body = {
        "message": long, "alias": long, "description": long, "source": long, "entity": long, "priority": "P1",
        "tags": [long, HOSTILE], "details": {HOSTILE: long, "plain": HOSTILE}, "link": "javascript:window.hacked=1",
    }  # fmt: skip
    status, text = house.server.send("POST", "/v1/alerts", body, key)
    assert status in (200, 201, 202), text
    found = house.server.api("GET", "/alerts", token=house.token)["alerts"]
    return str(next(a["number"] for a in found if a["message"].startswith("<script>")))


def incident(house: House, alert: str) -> str:
    """A resolved incident of that alert with an update for everybody; answers its key."""
    server, token = house.server, house.token
    body = {
        "summary": (HOSTILE + WORD)[:300], "severity": 1, "impact": HOSTILE + WORD * 10, "alert": alert,
        "reporter_contact": HOSTILE, "products": [HOSTILE, WORD],
    }  # fmt: skip
    key = str(server.api("POST", "/incidents", body, token)["key"])
    server.api("POST", f"/incidents/{key}/entries", {"text": HOSTILE + "W" * 5000}, token)
    update = {
        "audience": "public", "state": HOSTILE + WORD, "status_now": [HOSTILE, WORD], "next_steps": [HOSTILE],
        "unknowns": HOSTILE, "title": (HOSTILE + WORD)[:200],
    }  # fmt: skip
    server.api("POST", f"/incidents/{key}/updates", update, token)
    server.api("POST", f"/incidents/{key}/resolve", {"text": HOSTILE + WORD}, token)
    until(lambda: server.get(f"/api/v1/incidents/{key}/postmortem.md", token)[0] == 200, "the draft")
    second = {"summary": "Search is slow " + WORD, "severity": 3}
    server.api("POST", "/incidents", second, token)
    return key


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical, each with the first element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {v['help']}: {v['nodes'][0]['html'][:160]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("path", paths())
def test_a_page_is_sound(walk: Walk, path: str) -> None:
    page, address = walk.page, walk.address(path)
    walk.watch.wrong.clear()
    wrong: list[str] = []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, f"{address}: {answer.status}"
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        wrong += [f"at {width}: {thing}" for thing in overflow(page)]
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark at 390: {problem}" for problem in serious(page)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    wrong += [f"light at 1440: {problem}" for problem in serious(page)]
    assert page.title().strip()
    assert page.get_by_role("heading", level=1).count() == 1, "one heading says what the page is"
    assert page.evaluate("window.hacked") is None
    assert wrong + walk.watch.wrong == []


def waiting_handover(walk: Walk) -> None:
    """Until somebody accepts, Ada's shift waits on her first pages."""
    walk.page.goto("/")
    expect(walk.page.get_by_label("What is expected of you")).to_contain_text("Accept ")


def asked_for_cover(walk: Walk) -> None:
    """Of a shift that was chosen: whom to ask."""
    walk.page.goto(walk.address("/on-call/{schedule_id}/swap"))
    walk.page.get_by_role("link", name="Ask for cover").last.click()
    expect(walk.page.get_by_label("Whom to ask")).to_be_visible()


def open_sheet(walk: Walk) -> None:
    """Somebody else for a while."""
    walk.page.goto(walk.address("/on-call/{schedule_id}"))
    walk.page.get_by_role("link", name="Override", exact=True).click()
    expect(walk.page.get_by_role("dialog", name="Somebody else for a while")).to_be_visible()


@pytest.mark.parametrize("act", [waiting_handover, asked_for_cover, open_sheet])
def test_a_page_is_sound_in_the_middle_of_something(walk: Walk, act: Callable[[Walk], None]) -> None:
    page = walk.page
    walk.watch.wrong.clear()
    wrong: list[str] = []
    for scheme, width in (("dark", 390), ("light", 1440)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        act(walk)
        wrong += [f"{scheme} at {width}: {problem}" for problem in overflow(page) + serious(page)]
    assert wrong + walk.watch.wrong == []


def test_hostile_words_are_shown_as_words(walk: Walk) -> None:
    walk.page.goto(walk.address("/alerts/{alert}"))
    expect(walk.page.get_by_role("main")).to_contain_text("<script>window.hacked=1</script>")
    expect(walk.page.get_by_role("main")).to_contain_text("{{7*7}}")
    assert walk.page.locator("a[href^='javascript:']").count() == 0
    walk.page.goto(walk.address("/incidents/{key}"))
    expect(walk.page.get_by_role("log")).to_contain_text("<script>window.hacked=1</script>")
    assert walk.page.evaluate("window.hacked") is None


def test_every_link_of_the_navigation_leads_somewhere(walk: Walk) -> None:
    walk.page.goto("/")
    links = walk.page.get_by_role("navigation", name="Main").get_by_role("link").all()
    addresses = {link.get_attribute("href") or "" for link in links}
    assert len(addresses) >= 7
    for address in sorted(addresses):
        answer = walk.page.goto(address)
        assert answer is not None
        assert answer.status == 200, address


def press_until(page: Page, key: str, script: str, what: str) -> None:
    """Presses a key until the focused element fits."""
    for _ in range(80):
        if page.evaluate(f"() => {{ const e = document.activeElement; return Boolean({script}) }}"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not reach {what}")


def test_without_a_mouse(house: House, browser: Browser) -> None:
    """Signs in and acknowledges with the keyboard alone; what has the focus is visible."""
    key = house.key("Keyboard", "Checkout")
    status, text = house.server.send(
        "POST", "/v1/alerts", {"message": "No mouse here", "alias": "no-mouse"}, key
    )
    assert status in (200, 201, 202), text
    watch = Watch()
    context = new_context(browser, house.server, watch)
    page = context.new_page()
    page.goto("/alerts")
    press_until(page, "Tab", "e.name === 'email'", "the address")
    page.keyboard.type(house.email)
    press_until(page, "Tab", "e.type === 'password'", "the password")
    page.keyboard.type(house.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts")
    press_until(page, "Tab", "e.tagName === 'A' && e.textContent.includes('No mouse here')", "the alert")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*")
    press_until(page, "Tab", "e.tagName === 'BUTTON' && e.textContent.includes('Acknowledge')", "the button")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
    assert outline != "none" or shadow != "none", "the focus cannot be seen"
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("acknowledged")
    assert watch.wrong == []
    context.close()
