"""Noise and answers about pages: the API, and the pages that people see."""

import pytest

from tests.contract.api import Api
from tests.contract.browsing import Browser
from tests.support import Company
from tocsin.alerts.commands import report
from tocsin.kernel.db import ENGINE, Database
from tocsin.paging.escalate import begin_for


async def test_an_answer_counts_once_and_can_be_changed(api: Api, company: Company) -> None:
    number = (await api.good("POST", "/alerts", {"message": "Disk full", "service": "Checkout"}))["number"]
    rating = f"/alerts/{number}/rating"
    assert await api.good("PUT", rating, {"useful": True}) == {"useful": 1, "noise": 0, "own": True}
    assert await api.good("PUT", rating, {"useful": False}) == {"useful": 0, "noise": 1, "own": False}
    vic = await api.as_(company.as_vic())
    assert await vic.good("PUT", rating, {"useful": True}) == {"useful": 1, "noise": 1, "own": True}
    assert (await api.ask("PUT", "/alerts/999/rating", {"useful": True})).status == 404
    assert (await api.ask("PUT", rating, {})).status == 422
    found = await api.good("GET", "/noise")
    (row,) = found["rows"]
    assert (found["days"], row["service"], row["alerts"], row["noise"], row["useful"], row["suggestions"]) == (
        28, "Checkout", 1, 1, 1, [],
    )  # fmt: skip


@pytest.mark.parametrize("answer", ["useful", "noise"])
async def test_the_question_on_a_page_that_woke_somebody(
    browser: Browser, db: Database, company: Company, answer: str
) -> None:
    assert "No alerts in the last 28 days" in await browser.see("/noise")
    async with db.unit(company.as_ana(), "web") as u:
        alert = await report(u, "Disk is full", service="Checkout")
    assert "Was this page useful?" not in await browser.see("/alerts/1"), "nobody was paged"
    async with db.unit(ENGINE, "engine") as u:
        await begin_for(u, [alert])
    shown = await browser.see("/alerts/1")
    assert "Was this page useful?" in shown
    assert 'aria-pressed="true"' not in shown
    assert (await browser.press("/alerts/1/rate", answer=answer))[0] == 303
    shown = await browser.see("/alerts/1")
    assert shown.count('aria-pressed="true"') == 1
    assert f"You said {answer}." in shown
    assert (await browser.press("/alerts/1/rate", answer="perhaps"))[0] == 422
    page = await browser.see("/noise")
    assert "Nothing stands out." in page
    assert "Checkout" in page
