"""A page in a Slack workspace that keeps state: npm's `emulate`, on Playwright's Node. It is not Slack's own; what it
publishes of itself is that it imitates their Web API. It knows no taps: those are in test_slack.py."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_transports_email import page
from tests.contract.test_twilio_emulated import NODE, SCRIPT, free_port
from tests.contract.vendors import SECRET
from tests.product.harness import until
from tocsin.integrations.slack import Slack
from tocsin.kernel.net import Outbound
from tocsin.paging.transport import Destination, SendFailed
from tocsin.settings import PrivateTargets

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="emulate is not installed: see bin/packages")
SEED = {
    "team": {"name": "Lantern", "domain": "lantern"},
    "users": [{"name": "ana", "real_name": "Ana Silva", "email": "ana@lantern.example"}],
    "bots": [{"name": "tocsin"}],
    "tokens": [
        {"token": f"xoxb-{SECRET}", "user": "tocsin", "type": "bot"},
        {"token": "xoxp-ana", "user": "ana"},
    ],
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = Path(tmp_path_factory.mktemp("slack"))
    seed, port = folder / "seed.json", free_port()
    seed.write_text(json.dumps({"slack": SEED}), encoding="utf-8")
    command = [NODE, SCRIPT, "start", "--service", "slack", "--port", str(port), "--seed", seed]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as running,
    ):
        until(lambda: "http" in (folder / "log").read_text(), "the workspace")
        yield f"http://127.0.0.1:{port}/api"
        running.terminate()


async def asked(outbound: Outbound, api: str, method: str, token: str = "xoxp-ana", **fields: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return (await outbound.request("POST", f"{api}/{method}", headers=headers, data=fields)).json()


async def test_a_page_lies_in_the_conversation_of_whoever_has_this_address(api: str) -> None:
    async with Outbound(PrivateTargets(everything=True)) as outbound:
        way = Slack(outbound, f"xoxb-{SECRET}", SECRET, api)
        sent = await way.send(page(), Destination("ana@lantern.example"))
        channel, _, at = sent.vendor_id.partition(":")
        read = await asked(outbound, api, "conversations.history", channel=channel)
        assert read["ok"], read
        assert [(m["ts"], m["text"]) for m in read["messages"]] == [(at, "[P1 #42] Checkout is failing")]
        with pytest.raises(SendFailed) as failed:
            await way.send(page(), Destination("nobody@lantern.example"))
        assert failed.value.gone
