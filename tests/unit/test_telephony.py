"""Numbers, vendors in their order, answers, and what is read out."""

from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.test_transports_email import page
from tocsin.paging.telephony import (
    LONGEST,
    Script,
    acknowledges,
    e164,
    in_order,
    markup,
    said,
    script_of,
)
from tocsin.paging.transport import BadAddress, SendFailed, Sent


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+49 151 23456789", "+4915123456789"),
        ("0049 (151) 234-567.89", "+4915123456789"),
        ("+1/555/123 4567", "+15551234567"),
        ("+1555\u2011123\xa04567", "+15551234567"),
    ],
)
def test_numbers_as_people_type_them(typed: str, number: str) -> None:
    assert e164(typed).address == number


@pytest.mark.parametrize(
    "typed",
    ["0151 23456789", "+0 151 23456789", "+49", "+49151234567890123", "ana", "", "+49 151 x", "+٤٩١٥١٢٣٤٥٦"],
)
def test_numbers_without_a_country_are_refused(typed: str) -> None:
    with pytest.raises(BadAddress, match="with its country"):
        e164(typed)


class Named:
    """A vendor by name."""

    def __init__(self, name: str, *, ready: bool = True, failure: SendFailed | None = None) -> None:
        self.name, self.ready, self.failure = name, ready, failure

    async def text(self) -> Sent:
        if self.failure:
            raise self.failure
        return Sent("id")


ALL = {name: Named(name) for name in ("twilio", "telnyx", "gateway")} | {"away": Named("away", ready=False)}


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ((), ["twilio", "telnyx", "gateway"]),
        ((("+49151", ("gateway",)), ("+49", ("telnyx", "twilio"))), ["gateway"]),
        ((("+49", ("telnyx", "away", "twilio")), ("", ("gateway",))), ["telnyx", "twilio"]),
        ((("+1", ("telnyx",)), ("", ("gateway",))), ["gateway"]),
        ((("+1", ("telnyx",)),), []),
    ],
)
def test_vendors_by_country(order, names: list[str]) -> None:
    assert [vendor.name for vendor in in_order("+4915123456789", ALL, order)] == names


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("4", (True, None)), (" 4. ", (True, None)), ("ACK", (True, None)), ("ack 42", (True, 42)),
        ("4 #42", (True, 42)), ("Acknowledge!", (True, None)), ("44", (False, None)), ("4 people", (False, None)),
        ("stop", (False, None)), ("", (False, None)), ("I have 4", (False, None)), ("4 " + "9" * 40, (False, None)),
    ],
)  # fmt: skip
def test_what_counts_as_an_answer(text: str, answer: tuple[bool, int | None]) -> None:
    assert acknowledges(text) == answer


def test_a_page_is_read_out_twice_with_its_key() -> None:
    found = ET.fromstring(markup(script_of(page(), "https://tocsin.example"), "https://x.example/?a=1&b=2"))  # noqa: S314 - our own
    (gather,) = found.iter("Gather")
    assert gather.attrib["action"] == "https://x.example/?a=1&b=2"
    words = [each.text for each in gather.iter("Say")]
    assert (
        words
        == [
            "This is Tocsin with a page. Priority 1, alert 42. Checkout is failing. Service Checkout.",
            "Press 4 to acknowledge.",
        ]
        * 2
    )


def test_no_address_is_read_out() -> None:
    script = script_of(page("Down: see https://runbook.example/x?secret=1 now"), "https://tocsin.example")
    assert "://" not in script.words
    assert "Down: see now" in script.words


@given(st.text(max_size=1000), st.sampled_from(["", "acknowledge"]))
def test_whatever_is_said_is_well_formed_and_fits(words: str, does: str) -> None:
    found = markup(Script(words.encode("utf-8", "replace").decode(), does), f"https://x.example/{uuid4()}")
    assert len(found) <= LONGEST
    ET.fromstring(found)  # noqa: S314 - our own
    ET.fromstring(said(words.encode("utf-8", "replace").decode(), "https://x.example/?a&b"))  # noqa: S314 - our own
