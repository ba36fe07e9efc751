"""Four people write a thousand edits into one notes page at once while the server is killed twice: the same text everywhere, nothing lost."""

import base64
import http.client
import json
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pycrdt import Doc, Text

from tests.product import setting
from tests.product.doors import Browser
from tests.product.harness import Tocsin, until

EACH, CLIENTS = 250, 4


@dataclass
class Client:
    """An editor as the page's script is one: its own document, what waits for the server, a number up to which it knows."""

    name: str
    browser: Browser
    url: str
    csrf: str
    chance: random.Random
    doc: "Doc[Any]" = field(default_factory=Doc)
    seq: int = 0
    waiting: list[bytes] = field(default_factory=list)
    mine: list[str] = field(default_factory=list)

    @property
    def text(self) -> Text:
        return self.doc.get("body", type=Text)

    def edit(self, number: int) -> None:
        """Somewhere in the text as it stands here, a word of one's own; now and then one of one's own words goes."""
        had, whole = self.doc.get_state(), str(self.text)
        if self.mine and self.chance.random() < 0.2:
            word = self.mine.pop(self.chance.randrange(len(self.mine)))
            at = len(whole[: whole.index(word)].encode())
            del self.text[at : at + len(word)]
        else:
            word = f"<{self.name}{number}>"
            self.text.insert(len(whole[: self._place(whole)].encode()), word)
            self.mine.append(word)
        self.waiting.append(self.doc.get_update(had))

    def _place(self, whole: str) -> int:
        """Between words, so that no other one is torn."""
        places = [0, *(i + 1 for i, c in enumerate(whole) if c == ">")]
        return self.chance.choice(places)

    def send(self) -> bool:
        """Sends what waits, one after the other; what is not answered stays."""
        while self.waiting:
            try:
                status, _, _ = self.browser.ask(
                    "POST",
                    f"{self.url}/updates",
                    self.waiting[0],
                    x_csrf_token=self.csrf,
                    content_type="application/octet-stream",
                )
            except (OSError, http.client.HTTPException):
                return False
            if status != 200:
                return False
            self.waiting.pop(0)
        return True

    def fetch(self) -> bool:
        try:
            status, _, text = self.browser.ask(
                "GET", f"{self.url}/updates?after={self.seq}", accept="application/json"
            )
        except (OSError, http.client.HTTPException):
            return False
        if status != 200:
            return False
        found = json.loads(text)
        if found["update"]:
            self.doc.apply_update(base64.b64decode(found["update"]))
        self.seq = found["seq"]
        return True

    def work(self) -> None:
        for number in range(EACH):
            self.edit(number)
            # Some edits gather, as they do on a train.
            if self.chance.random() < 0.4:
                self.send()
                self.fetch()
        until(self.send, f"{self.name} sends what is left")


def test_a_thousand_edits_of_four_clients_and_two_kills(folder: Path) -> None:
    server = Tocsin(folder / "data")
    token = setting.administrator(server, durable=True)
    server.start()
    try:
        key = server.api("POST", "/incidents", {"summary": "Everything is down", "severity": 1}, token)["key"]
        url = f"/incidents/{key}/notes"
        browser = Browser(server).sign_in(setting.ADA)
        csrf = browser.token(f"/incidents/{key}")
        until(
            lambda: browser.ask("GET", f"{url}/updates", accept="application/json")[0] == 200,
            "the notes page",
        )
        clients = [Client(name, browser, url, csrf, random.Random(name)) for name in "abcd"]  # noqa: S311 - chance, no secret
        threads = [threading.Thread(target=client.work) for client in clients]
        for thread in threads:
            thread.start()
        for share in (0.3, 0.6):
            until(lambda s=share: written(server) > EACH * CLIENTS * s * 0.4, "edits")
            server.kill()
            server.start()
        for thread in threads:
            thread.join(180)
            assert not thread.is_alive()
        for client in clients:
            until(client.fetch, "the last state")
        texts = {str(client.text) for client in clients}
        assert len(texts) == 1
        text = texts.pop()
        for client in clients:
            assert [word for word in client.mine if text.count(word) != 1] == []
        assert len(text) == sum(len(word) for client in clients for word in client.mine), "and nothing else"
        assert server.rows("select body from notes_pages")[0]["body"] == text
    finally:
        server.stop()


def written(server: Tocsin) -> int:
    """So many updates have come."""
    return int(server.rows("select coalesce(max(seq), 0) as n from notes_docs")[0]["n"])
