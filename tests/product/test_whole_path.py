"""The whole path on real parts: from a Prometheus rule that fires to a postmortem draft that the record wrote."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.support import MISSING, Watch, chromium, new_context, sign_in
from tests.product import setting
from tests.product.harness import Mailbox, Monitoring, Tocsin, link_in, until

ABSENT = MISSING or Monitoring.missing()
pytestmark = [pytest.mark.real, pytest.mark.browser, pytest.mark.skipif(bool(ABSENT), reason=str(ABSENT))]

ANA, BEN = "ana@example.org", "ben@example.org"
SUMMARY = "Checkout is failing for all customers"
#: From the answer to the update's author until anybody can read it.
PUBLIC_WITHIN_S = 2.0


@dataclass
class Scene:
    """Everything that runs, and the two people's browsers."""

    server: Tocsin
    mailbox: Mailbox
    monitoring: Monitoring
    browser: Browser
    watch: Watch
    token: str

    def invited(self, email: str, name: str, zone: str) -> Page:
        """Invites somebody, who follows the mail's link, sets a password and is signed in."""
        body = {"email": email, "name": name, "time_zone": zone}
        self.server.api("POST", "/users", body, self.token)
        link = link_in(self.mailbox.wait(email), "/invitation/")
        page = new_context(self.browser, self.server, self.watch, timezone_id=zone).new_page()
        page.goto(link)
        for field in page.get_by_label("password").all():
            field.fill(setting.PASSWORD)
        page.locator("main").get_by_role("button").first.click()
        page.wait_for_url(lambda url: "/invitation/" not in url)
        if "/sign-in" in page.url:
            sign_in(page, email, setting.PASSWORD)
        return page

    def alert(self) -> dict[str, object]:
        found = self.server.api("GET", "/alerts?state=all", token=self.token)["alerts"]
        assert len(found) == 1, found
        return dict(found[0])


@pytest.fixture
def scene(folder: Path, mailbox: Mailbox) -> Iterator[Scene]:
    with ExitStack() as stack:
        server = Tocsin(folder / "data", smtp_port=mailbox.port)
        token = setting.administrator(server)
        stack.callback(server.stop)
        server.start()
        watch = Watch()
        browser = stack.enter_context(chromium())
        key = setting.key_for(server, token, "Prometheus", "alertmanager", None)
        hook = f"{server.url}/in/alertmanager/{key}"
        monitoring = stack.enter_context(Monitoring(folder / "monitoring", hook))
        yield Scene(server, mailbox, monitoring, browser, watch, token)


def test_from_a_firing_rule_to_a_postmortem(scene: Scene) -> None:
    ana = scene.invited(ANA, "Ana Silva", "Europe/Berlin")
    ben = scene.invited(BEN, "Ben Okafor", "Australia/Sydney")
    put_on_call(scene)

    scene.monitoring.broken.set()
    mail = scene.mailbox.wait(ANA, SUMMARY)
    acknowledge_by_link(scene, link_in(mail, "/ack/"))

    key = declare(ana)
    talk(ana, ben, key)
    publish(scene, ana, key)
    resolve(ana, key)
    read_postmortem(ana, key)

    scene.monitoring.broken.clear()
    until(lambda: scene.alert()["state"] == "closed", "the alert to be closed by its own all-clear")
    assert scene.watch.wrong == []


def put_on_call(scene: Scene) -> None:
    server, token = scene.server, scene.token
    ana = setting.id_of(server, token, ANA)
    schedule = setting.schedule_of(server, token, "Payments on-call", "Europe/Berlin", [ana])
    service = setting.service_for(server, token, "checkout", users=[], schedules=(schedule,))
    assert [row["user"] for row in server.api("GET", "/on-call", token=token)["on_call"]] == ["Ana Silva"]
    server.rows(
        "insert into routes (id, position, label, value, service_id) values (gen_random_uuid(), 1, 'service', 'checkout', $1::text::uuid)",
        service,
    )


def acknowledge_by_link(scene: Scene, link: str) -> None:
    """In a browser without a session. Opening the link changes nothing: mail scanners do that."""
    page = new_context(scene.browser, scene.server, scene.watch).new_page()
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text(SUMMARY)
    assert scene.alert()["state"] == "open"
    page.get_by_role("button", name="Acknowledge").click()
    until(lambda: scene.alert()["state"] == "acknowledged", "the acknowledgement")
    page.context.close()


def declare(page: Page) -> str:
    """From the alert's own page; answers the incident's key."""
    page.goto("/alerts/1")
    expect(page.get_by_role("main")).to_contain_text("Ana Silva")
    page.get_by_role("link", name="Declare").first.click()
    expect(page.locator("[name=summary]")).to_have_value(SUMMARY)
    page.get_by_role("radio", name="SEV1").check()
    page.get_by_role("main").get_by_role("button", name="Declare").click()
    page.wait_for_url("**/incidents/INC-*")
    expect(page.get_by_role("main")).to_contain_text(SUMMARY)
    return page.url.rpartition("/")[2].partition("#")[0]


def talk(ana: Page, ben: Page, key: str) -> None:
    """Each line appears in the other browser without a reload."""
    ben.goto(f"/incidents/{key}")
    for speaker, listener, line in (
        (ana, ben, "Card gateway times out since 03:07"),
        (ben, ana, "Rolling back release 42 <b>now</b>"),
        (ana, ben, "Orders are coming in again"),
    ):
        speaker.get_by_role("textbox", name="Message").fill(line)
        speaker.keyboard.press("Enter")
        for page in (speaker, listener):
            expect(page.get_by_role("log")).to_contain_text(line)


def publish(scene: Scene, page: Page, key: str) -> None:
    page.goto(f"/incidents/{key}/update")
    page.locator("[name=audience][value=public]").check()
    page.get_by_label("Public title").fill("Orders fail")
    page.get_by_label("State and impact").fill("Customers cannot pay at the moment.")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(f"**/incidents/{key}")
    start = time.monotonic()
    until(lambda: "Customers cannot pay at the moment." in scene.server.get("/status")[1], "the public page")
    took = time.monotonic() - start
    assert took < PUBLIC_WITHIN_S, f"the update was public after {took:.2f} s"
    assert "Customers cannot pay" in scene.server.get("/api/v2/summary.json")[1]
    assert "Card gateway" not in scene.server.get("/status")[1]


def resolve(page: Page, key: str) -> None:
    page.goto(f"/incidents/{key}")
    page.locator("#resolve > summary").click()
    page.locator("form[action$='/resolve'] [name=text]").fill("The release was rolled back.")
    page.locator("form[action$='/resolve']").get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("log")).to_contain_text("The release was rolled back.")


def read_postmortem(page: Page, key: str) -> None:
    """The draft follows within moments, by itself; it holds what was said."""
    until(lambda: _drafted(page, key), "the draft")
    text = page.get_by_role("main").inner_text()
    for line in (
        "Card gateway times out since 03:07",
        "Rolling back release 42",
        "Orders are coming in again",
    ):
        assert line in text


def _drafted(page: Page, key: str) -> bool:
    page.goto(f"/incidents/{key}/postmortem")
    return page.get_by_role("link", name="Markdown").count() > 0
