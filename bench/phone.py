"""The incident room on a phone with a bad line: from navigating until the state at a glance can be read.

A real Chromium of a phone's size opens a room of 5,000 entries and 200 people over the line of `bench/line.py`, in turns with the
same page over a good line; once with nothing of ours in its cache, once as somebody who was here before.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page

from bench.line import Line, Proxy, proxied
from bench.parts import alternating, ratio, say, serving
from bench.room import ENTRIES, PEOPLE, PLANT, declared
from tests.browser.support import MISSING, chromium
from tests.product.doors import Browser

ROUNDS, AIM_MS, AIM_RATIO = 20, 3000.0, 10
#: 200 ms there and back, as phones have it at the edge of a cell; 400 kbit/s; one segment of a hundred lost.
BAD = Line(delay_s=0.1, bytes_s=50_000, lost=0.01)
#: The same with 200 ms each way.
WORSE = Line(delay_s=0.2, bytes_s=50_000, lost=0.01)
GOOD = Line(delay_s=0.01, bytes_s=2_500_000, lost=0.0)
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
#: Notes the first frame in which the whole state stands within the screen. Nothing is painted before the styles are there.
WATCH = """window.readable = new Promise((done) => {
    const look = () => {
        const glance = document.querySelector("#room-glance"), next = glance?.nextElementSibling;
        const box = glance?.querySelector(".glance-roles")?.getBoundingClientRect();
        if (!next || !box?.height || box.top < 0 || box.top > innerHeight) return requestAnimationFrame(look);
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now());
        channel.port2.postMessage("painted");
    };
    requestAnimationFrame(look);
})"""


@dataclass
class Phone:
    """Somebody's phone, before a line that changes."""

    chromium: Chromium
    person: Browser
    proxy: Proxy

    def context(self) -> BrowserContext:
        """A browser with nothing in its cache, signed in."""
        context = self.chromium.new_context(base_url=f"http://127.0.0.1:{self.proxy.port}", **PHONE)
        context.set_default_timeout(120_000)
        context.add_init_script(WATCH)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": f"http://127.0.0.1:{self.proxy.port}"}
                for name, value in self.person.cookies.items()
            ]
        )
        return context

    def cold(self, line: Line, key: str) -> float:
        """Milliseconds until it can be read, with nothing in the cache."""
        context = self.context()
        try:
            return self._reads(context.new_page(), line, key)
        finally:
            context.close()

    def warm(self, line: Line, key: str) -> float:
        """The same for somebody who has opened the room before, in a page that was closed."""
        context = self.context()
        try:
            before = context.new_page()
            self.proxy.set(GOOD)
            before.goto(f"/incidents/{key}", wait_until="load")
            before.evaluate("window.readable")
            before.close()
            return self._reads(context.new_page(), line, key)
        finally:
            context.close()

    def _reads(self, page: Page, line: Line, key: str) -> float:
        self.proxy.set(line)
        page.goto(f"/incidents/{key}", wait_until="commit")
        return float(page.evaluate("window.readable"))


def _say(name: str, look: Callable[[Line, str], float], key: str) -> None:
    sides = {"bad": BAD, "worse": WORSE, "good": GOOD}
    found = alternating(ROUNDS, {side: partial(_look, look, line, key) for side, line in sides.items()})
    good = statistics.median(found["good"])
    print(f"{name}; on a good line half within {good:.0f} ms")
    for side, what in (("bad", "200 ms there and back"), ("worse", "200 ms each way")):
        half, slow = statistics.median(found[side]), sorted(found[side])[int(ROUNDS * 0.9) - 1]
        say(f"{what}, nine of ten (half within {half:.0f} ms)", slow, AIM_MS, at_most=True, unit=" ms")
        say(f"{what}, to a good line", ratio(found[side], found["good"]), AIM_RATIO, at_most=True)


def _look(look: Callable[[Line, str], float], line: Line, key: str, _round: int) -> float:
    return look(line, key)


def main() -> int:
    """Prints the times and ratios; answers 0."""
    if MISSING:
        print(f"Left out: {MISSING}")
        return 0
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        server = stack.enter_context(serving(Path(folder) / "data"))
        person = Browser(server).sign_in("ada@example.org")
        key = declared(server)
        server.rows(PLANT.format(key=key, people=PEOPLE, entries=ENTRIES))
        proxy = stack.enter_context(proxied(server.port, GOOD))
        phone = Phone(stack.enter_context(chromium()), person, proxy)
        print(f"A room of {ENTRIES:,} entries and {PEOPLE} people on a phone: until the state can be read")
        _say("with nothing in the cache", phone.cold, key)
        _say("having been there before", phone.warm, key)
    return 0


if __name__ == "__main__":
    sys.exit(main())
