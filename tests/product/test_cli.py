"""The command line against a served installation: help, JSON for scripts, and exit codes that scripts can use."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import folders
from tests.contract.test_recording_doors import a_wav
from tests.product import setting
from tests.product.harness import ROOT, Hook, Tocsin, free_port, until

REFUSED, USAGE, NOT_FOUND, NOT_ALLOWED, UNREACHABLE = 1, 2, 3, 4, 5


@dataclass
class Shell:
    """Somebody's terminal: the environment of a server, with or without a token."""

    server: Tocsin
    token: str

    def run(self, *args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *args],
            cwd=ROOT,
            env=self.server.env | {"TOCSIN_TOKEN": self.token, "COLUMNS": "120"} | env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def json(self, *args: str) -> object:
        done = self.run(*args, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with folders.new("cli") as home:
        server = Tocsin(home / "data")
        token = setting.administrator(server)
        server.start()
        ada = setting.id_of(server, token, setting.ADA)
        setting.service_for(server, token, "Checkout", users=[ada])
        setting.schedule_of(server, token, "Payments on-call", "Europe/Dublin", [ada])
        yield Shell(server, token)
        server.stop()


def failed(done: subprocess.CompletedProcess[str], code: int) -> str:
    """It ended with the code, said why in one sentence on standard error, and printed nothing a script would read."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    return done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (), ("serve",), ("migrate",), ("admin",), ("admin", "create"), ("token",), ("token", "create"), ("integration",),
        ("integration", "create"), ("alert",), ("alert", "send"), ("alert", "list"), ("alert", "acknowledge"),
        ("alert", "close"), ("selfcheck",), ("reconcile",), ("oncall",), ("oncall", "now"), ("incident",), ("oncall", "next"),
        ("oncall", "final"), ("oncall", "overrides"), ("oncall", "override"), ("oncall", "take"), ("oncall", "take-back"),
        ("schedule",), ("schedule", "list"), ("schedule", "show"), ("schedule", "export"), ("schedule", "import"),
        ("schedule", "archive"), ("schedule", "check"), ("cover",), ("cover", "list"), ("cover", "ask"), ("cover", "accept"),
        ("cover", "decline"), ("cover", "withdraw"), ("cover", "leave"), ("cover", "history"), ("cover", "undo"), ("incident", "declare"), ("incident", "list"), ("incident", "set"), ("incident", "people"), ("incident", "join"), ("incident", "leave"), ("incident", "invite"), ("incident", "release"), ("incident", "take"), ("incident", "offer"), ("incident", "give"), ("incident", "accept"), ("incident", "decline"),
        ("incident", "show"), ("incident", "say"), ("incident", "work"), ("incident", "claim"), ("incident", "still"), ("incident", "notes"), ("incident", "checklist"), ("playbook",), ("playbook", "show"), ("playbook", "check"), ("playbook", "apply"), ("incident", "update"), ("incident", "brief"), ("incident", "export"), ("incident", "import"), ("incident", "resolve"),
        ("incident", "log"), ("incident", "search"), ("incident", "edit"), ("incident", "reply"), ("incident", "pin"),
        ("incident", "react"), ("incident", "redact"), ("incident", "attach"), ("incident", "began"), ("incident", "quote"),
        ("incident", "reopen"), ("incident", "cancel"), ("incident", "merge"), ("incident", "link"), ("incident", "follow-up"), ("incident", "private"),
        ("incident", "open-to-all"), ("incident", "let-in"), ("incident", "take-out"),
    ],
)  # fmt: skip
def test_help_says_what_a_command_does(shell: Shell, words: tuple[str, ...]) -> None:
    done = shell.run(*words, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
    assert "--help" in done.stdout


def test_an_alert_from_the_shell(shell: Shell) -> None:
    sent = shell.json(
        "alert", "send", "Disk is full", "--service", "Checkout", "--alias", "disk", "--priority", "P2"
    )
    assert isinstance(sent, dict)
    assert (sent["message"], sent["priority"], sent["state"]) == ("Disk is full", "P2", "open")
    again = shell.json("alert", "send", "Disk is full", "--service", "Checkout", "--alias", "disk")
    assert isinstance(again, dict)
    assert (again["id"], again["count"]) == (sent["id"], 2)
    listed = shell.run("alert", "list")
    assert "Disk is full" in listed.stdout
    assert "MESSAGE" in listed.stdout
    mine = shell.json("alert", "acknowledge", str(sent["number"]), "--note", "looking")
    assert isinstance(mine, dict)
    assert mine["state"] == "acknowledged"
    assert shell.run("alert", "close", str(sent["number"])).returncode == 0
    assert isinstance(shell.json("alert", "list", "--state", "closed"), dict)


def test_an_alert_with_an_integration_key(shell: Shell) -> None:
    key = setting.key_for(shell.server, shell.token, "Cron", "generic", None)
    done = shell.run("alert", "send", "Backup failed", "--key", key, TOCSIN_TOKEN="")
    assert done.returncode == 0, done.stderr
    assert "Alert accepted" in done.stdout


def test_entries_from_the_shell(shell: Shell) -> None:
    declared = shell.json("incident", "declare", "Redis is slow", "-s", "3")
    assert isinstance(declared, dict)
    key = declared["key"]
    said = shell.json("incident", "log", key, "Restarted quagga", "--by", "Ana")
    assert isinstance(said, dict)
    seq = str(said["seq"])
    shown = shell.json("incident", "show", key)
    assert isinstance(shown, dict)
    assert {entry["door"] for entry in shown["entries"] if entry["door"] != "engine"} == {"cli"}
    logged = shell.run(
        "incident",
        "log",
        key,
        "--output",
        "kubectl get pods",
        "--exit",
        "1",
        stdin="\x1b[31mNAME\x1b[0m\nweb\n",
    )
    assert logged.returncode == 0, logged.stderr
    for words in (
        ("reply", key, seq, "Which?"),
        ("pin", key, seq),
        ("react", key, seq, "👍"),
        ("edit", key, seq, "Restarted quagga-2"),
    ):
        done = shell.run("incident", *words)
        assert done.returncode == 0, (words, done.stderr)
    assert f"{key} #{seq}" in shell.run("incident", "search", "quag").stdout
    assert "ran `kubectl get pods`: 2 lines, exit 1" in shell.run("incident", "show", key).stdout
    assert shell.run("incident", "pin", key, seq, "--remove").returncode == 0
    assert shell.run("incident", "redact", key, seq, "a password").returncode == 0
    assert "No entry holds these words." in shell.run("incident", "search", "quag").stdout
    failed(shell.run("incident", "log", key, stdin="  "), 2)


def test_files_and_calls_from_the_shell(shell: Shell, tmp_path: Path) -> None:
    declared = shell.json("incident", "declare", "Mail is late", "-s", "3")
    assert isinstance(declared, dict)
    key = declared["key"]
    began = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    plain, words, sound = tmp_path / 'a "plain" file.txt', tmp_path / "call.vtt", tmp_path / "call.wav"
    plain.write_text("hello")
    words.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>restarted quagga\n")
    sound.write_bytes(a_wav(60))
    attached = shell.json("incident", "attach", key, str(plain), "--caption", "What it said")
    assert isinstance(attached, dict)
    assert (attached["media"], attached["size"]) == ("text/plain", 5)
    at = began.isoformat()
    recording = shell.json("incident", "attach", key, str(sound), "--began-at", at)
    assert isinstance(recording, dict)
    assert (recording["media"], recording["size"]) == ("audio/wav", sound.stat().st_size)
    done = shell.run("incident", "attach", key, str(words), "--began-at", at, "--transcript")
    assert done.stdout.strip().endswith("call.vtt"), done.stderr
    seq = done.stdout.partition("#")[2].partition(":")[0]
    assert shell.run("incident", "quote", key, seq, "1").stdout.startswith(f"{key} #")
    assert "Ana said: restarted quagga" in shell.run("incident", "show", key).stdout
    right = (began + timedelta(seconds=40)).isoformat()
    assert shell.run("incident", "began", key, seq, right).returncode == 0
    assert "needs --began-at" in failed(
        shell.run("incident", "attach", key, str(words), "--transcript"), USAGE
    )
    assert "no recording" in failed(
        shell.run("incident", "attach", key, str(plain), "--began-at", at), REFUSED
    )
    failed(shell.run("incident", "quote", key, seq, "9"), NOT_FOUND)


def test_an_incident_from_the_shell(shell: Shell) -> None:
    declared = shell.json("incident", "declare", "Checkout is down", "-s", "1", "--impact", "Nobody can pay")
    assert isinstance(declared, dict)
    key = declared["key"]
    assert shell.run("incident", "say", key, "Looking at the gateway").returncode == 0
    assert "Nobody has said" in shell.run("incident", "work", key).stdout
    claim = shell.json("incident", "claim", key, "the gateway's log")
    assert shell.run("incident", "say", key, f"/finish {claim['seq']} full of time-outs").returncode == 0
    assert f"#{claim['seq']} done" in shell.run("incident", "work", key).stdout
    shown = shell.run("incident", "show", key)
    assert "Looking at the gateway" in shown.stdout
    assert shell.run("incident", "set", key).returncode == 2
    named = shell.json(
        "incident",
        "set",
        key,
        "--service",
        "checkout",
        "--impact",
        "None yet",
        "--began",
        "2026-01-01T09:00+00:00",
    )
    assert isinstance(named, dict)
    assert (named["impact"], named["impact_started_at"]) == ("None yet", "2026-01-01T09:00:00Z")
    assert named["service_id"]
    named = shell.json("incident", "set", key, "--service", "", "--began", "")
    assert isinstance(named, dict)
    assert (named["service_id"], named["impact_started_at"], named["impact"]) == (None, None, "None yet")
    assert "There is no service" in shell.run("incident", "set", key, "--service", "Nothing").stderr
    assert "2027-01-01T09:00" in shell.run("incident", "set", key, "--began", "soon").stderr
    assert "There is no type" in shell.run("incident", "set", key, "--type", "Outage").stderr
    assert "There is no field" in shell.run("incident", "set", key, "--field", "Cause=x").stderr
    assert key in shell.run("incident", "list", "--severity", "1").stdout
    assert key not in shell.run("incident", "list", "--severity", "3").stdout
    assert key in shell.run("incident", "list").stdout
    assert "tech lead: Ada" in shell.run("incident", "take", key, "tech lead").stdout
    assert "Ada" in shell.run("incident", "people", key).stdout
    assert shell.run("incident", "leave", key).returncode != 0
    assert "There is no role that is offered" in shell.run("incident", "accept", key, "scribe").stderr
    assert "There is no person" in shell.run("incident", "invite", key, "Nobody Here").stderr
    assert "Hand the role over" in shell.run("incident", "join", key, "--watch").stderr
    assert shell.run("incident", "join", key).returncode == 0
    update = shell.run("incident", "update", key, "We are on it", "--now", "Rolling back", "--next-in", "15")
    assert update.returncode == 0, update.stderr
    assert "Still true" in shell.run("incident", "still", key, "--next-in", "20").stdout
    assert "done" in shell.run("incident", "checklist", key).stdout
    resolved = shell.json("incident", "resolve", key, "Rolled back")
    assert isinstance(resolved, dict)
    assert resolved["status"] == "resolved"
    assert key not in shell.run("incident", "list").stdout
    assert key in shell.run("incident", "list", "--all").stdout
    false_alarm = shell.json("incident", "declare", "Checkout blinks", "-s", "3")
    assert isinstance(false_alarm, dict)
    assert "is cancelled" in shell.run("incident", "cancel", false_alarm["key"], "a drill of theirs").stdout


def test_a_silence_from_the_shell(shell: Shell) -> None:
    made = shell.json(
        "silence",
        "add",
        "message*=backup",
        "priority!=P1",
        "-r",
        "new disks",
        "--for",
        "2h",
        "--service",
        "Checkout",
    )
    assert isinstance(made, dict)
    assert (made["state"], made["about"]) == (
        "active", "Checkout, where message contains backup and priority is not P1",
    )  # fmt: skip
    listed = shell.run("silence", "list").stdout
    assert "new disks" in listed
    assert made["id"][-8:] in listed
    assert "It ends" in shell.run("silence", "extend", made["id"][-8:], "--for", "1d").stdout
    assert "It is over" in shell.run("silence", "end", made["id"][-8:]).stdout
    assert "Nothing is silenced." in shell.run("silence", "list").stdout
    assert "everything" in failed(shell.run("silence", "add", "alias=~.*", "-r", "x", "--for", "1h"), REFUSED)
    assert "--for" in failed(shell.run("silence", "add", "alias=x", "-r", "x"), REFUSED)


def test_grouping_from_the_shell(shell: Shell) -> None:
    seen = shell.json("grouping", "preview", "--by", "service", "--for", "60")
    assert isinstance(seen, dict)
    assert seen["groups"] <= seen["matched"] <= seen["looked_at"]
    made = shell.json(
        "grouping",
        "add",
        "message*=backup",
        "-n",
        "Backups",
        "--by",
        "service",
        "--by",
        "tag:cluster:",
        "--service",
        "Checkout",
    )
    assert isinstance(made, dict)
    assert (made["about"], made["by"]) == (
        "Alerts of Checkout, where message contains backup", "service and tag cluster:…",
    )  # fmt: skip
    assert "Backups" in shell.run("grouping", "list").stdout
    assert "is out of use" in shell.run("grouping", "remove", "backups").stdout
    assert "Every alert pages by itself." in shell.run("grouping", "list").stdout
    assert "no field" in failed(shell.run("grouping", "add", "-n", "x", "--by", "host"), REFUSED)


def test_noise_from_the_shell(shell: Shell) -> None:
    sent = shell.json("alert", "send", "Disk is full", "--service", "Checkout")
    assert isinstance(sent, dict)
    number = str(sent["number"])
    assert "0 useful, 1 noise" in shell.run("alert", "rate", number, "noise").stdout
    assert "Checkout" in shell.run("noise").stdout
    assert "Closed: 1." in shell.run("alert", "close", number, "--group").stdout


def test_incidents_that_have_to_do_with_each_other(shell: Shell) -> None:
    one, two, three = (shell.json("incident", "declare", f"Problem {n}")["key"] for n in "abc")
    assert "over" in shell.run("incident", "merge", two, one, "the same").stdout
    assert shell.run("incident", "link", one, three, "--relation", "caused_by").returncode == 0
    assert "was caused by" in shell.run("incident", "show", one).stdout
    assert shell.run("incident", "link", one, three, "--remove").returncode == 0
    assert shell.run("incident", "reopen", two, "it is not").returncode == 0
    made = shell.json("incident", "follow-up", one, "Clean up", "-s", "3", "--entry", "1")
    assert "was split from" in shell.run("incident", "show", made["key"]).stdout
    assert "no such incident" in failed(shell.run("incident", "merge", one, "INC-999"), REFUSED)
    assert shell.run("incident", "private", one, "data").returncode == 0
    assert "Ada Admin" in shell.run("incident", "let-in", one, "Ada Admin").stdout
    failed(shell.run("incident", "take-out", one, "Ada Admin"), REFUSED)
    failed(shell.run("incident", "open-to-all", one), REFUSED)
    assert shell.run("incident", "open-to-all", one, "--sure").returncode == 0


def test_who_is_on_call(shell: Shell) -> None:
    assert "Ada Admin" in shell.run("oncall", "now").stdout
    found = shell.json("oncall", "now")
    assert isinstance(found, dict)
    assert [row["user"] for row in found["on_call"]] == ["Ada Admin"]


def test_secrets_are_printed_once_and_alone(shell: Shell) -> None:
    done = shell.run(
        "integration", "create", "Nagios", "--format", "generic", "--service", "Checkout", "--json"
    )
    assert done.returncode == 0, done.stderr
    key = json.loads(done.stdout)["key"]
    status, _ = shell.server.send("POST", "/v1/alerts", {"message": "It works", "alias": "it-works"}, key)
    assert status in (200, 201, 202)
    token = json.loads(shell.run("token", "create", "--email", setting.ADA, "--json").stdout)["token"]
    assert shell.server.api("GET", "/me", token=token)["name"] == "Ada Admin"


def test_refused_is_1(shell: Shell) -> None:
    key = shell.json("incident", "declare", "Search is slow", "-s", "3")
    assert isinstance(key, dict)
    assert shell.run("incident", "resolve", key["key"]).returncode == 0
    assert "resolved" in failed(shell.run("incident", "resolve", key["key"]), REFUSED)
    failed(shell.run("alert", "send", "x", "--priority", "P9"), REFUSED)


def test_usage_is_2(shell: Shell) -> None:
    failed(shell.run("incident", "declare"), USAGE)
    failed(shell.run("alert", "list", TOCSIN_TOKEN=""), USAGE)
    failed(shell.run("alert", "list", TOCSIN_URL="nowhere"), USAGE)


def test_not_found_is_3(shell: Shell) -> None:
    failed(shell.run("incident", "show", "INC-999"), NOT_FOUND)
    failed(shell.run("alert", "close", "999999"), NOT_FOUND)


def test_not_allowed_is_4(shell: Shell) -> None:
    failed(shell.run("alert", "list", TOCSIN_TOKEN="tok_wrong"), NOT_ALLOWED)


def test_unreachable_is_5(shell: Shell) -> None:
    failed(shell.run("alert", "list", TOCSIN_URL=f"http://127.0.0.1:{free_port()}"), UNREACHABLE)


def test_a_second_administrator_needs_another_address(shell: Shell) -> None:
    done = shell.run(
        "admin", "create", "--email", setting.ADA, "--name", "Ada", stdin=f"{setting.PASSWORD}\n"
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_ten_processes_migrate_once(shell: Shell) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tocsin", "migrate"],
            cwd=ROOT,
            env=shell.server.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(10)
    ]
    until(lambda: all(process.poll() is not None for process in running), "ten processes")
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * 10, outputs


def test_a_backup_brings_everything_back(shell: Shell, tmp_path: Path) -> None:
    """Into the same database, after something was changed; a file that is no backup changes nothing."""
    dump = tmp_path / "tocsin.dump"
    assert shell.run("alert", "send", "Before the backup", "--alias", "before").returncode == 0
    done = shell.run("backup", str(dump))
    assert done.returncode == 0, done.stderr
    assert dump.stat().st_mode & 0o077 == 0, "only its owner may read it"
    assert "secret.key" in done.stdout
    failed(shell.run("backup", str(dump)), REFUSED)
    assert shell.run("alert", "send", "After the backup", "--alias", "after").returncode == 0
    (tmp_path / "no.dump").write_text("nothing")
    assert "Nothing was changed" in failed(shell.run("restore", str(tmp_path / "no.dump"), "--yes"), REFUSED)
    shell.server.stop()
    try:
        done = shell.run("restore", str(dump), "--yes")
        assert done.returncode == 0, done.stderr
    finally:
        shell.server.start()
    listed = shell.run("alert", "list", "--state", "all").stdout
    assert "Before the backup" in listed
    assert "After the backup" not in listed


def test_a_schedule_as_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "search.json"
    layer = {
        "participants": [setting.ADA, {}],
        "kind": "daily",
        "handoff_time": "00:00",
        "start_date": "2025-01-06",
    }
    file.write_text(json.dumps({"name": "Search", "time_zone": "Asia/Kathmandu", "rotations": [layer]}))
    tried = shell.run("schedule", "import", str(file), "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "Ada Admin" in tried.stdout
    assert "Nothing was saved." in tried.stdout
    assert "Search" not in shell.run("schedule", "list").stdout
    assert "is created" in shell.run("schedule", "import", str(file)).stdout
    shown = shell.run("schedule", "show", "search")
    assert f"{setting.ADA}, nobody" in shown.stdout
    # Half of the days are nobody's, on purpose: a finding all the same.
    assert isinstance(json.loads(shell.run("schedule", "check", "Search", "--json").stdout), dict)
    assert shell.run("schedule", "export", "Search", "-o", str(file)).returncode == 0
    whole = json.loads(file.read_text())
    assert whole == json.loads(shell.run("schedule", "export", "Search").stdout)
    whole["name"] = "Search and index"
    file.write_text(json.dumps(whole))
    assert "version 2" in shell.run("schedule", "import", str(file)).stdout, "by its id, the name is new"
    stale = failed(shell.run("schedule", "import", str(file)), REFUSED)
    assert "Since then: Ada Admin changed the name." in stale
    assert "Nothing was found" not in shell.run("schedule", "check", "Search and index").stdout
    assert shell.run("schedule", "archive", "Search and index", stdin="n\n").returncode == 1
    assert shell.run("schedule", "archive", "Search and index", "--yes").returncode == 0
    failed(shell.run("schedule", "show", "Search and index"), NOT_FOUND)


def test_heartbeats_from_the_shell(shell: Shell) -> None:
    made = shell.run("heartbeat", "create", "Nightly backup", "--every", "1d", "--grace", "1h")
    address = made.stdout.strip()
    assert "/in/heartbeat/" in address, made.stderr
    with urllib.request.urlopen(address, timeout=20) as answer:
        assert answer.read() == b"OK\n"
    assert "healthy" in shell.run("heartbeat", "list").stdout
    assert "Nightly backup is paused." in shell.run("heartbeat", "pause", "nightly").stdout
    assert "is waiting." in shell.run("heartbeat", "resume", "nightly").stdout
    assert "is healthy." in shell.run("heartbeat", "ping", "nightly").stdout
    failed(shell.run("heartbeat", "create", "Other", "--every", "often"), REFUSED)
    assert shell.run("heartbeat", "archive", "nightly", "--yes").returncode == 0
    failed(shell.run("heartbeat", "ping", "nightly"), NOT_FOUND)
    with pytest.raises(urllib.error.HTTPError) as gone:
        urllib.request.urlopen(address, timeout=20)
    with gone.value as error:
        assert error.code == 404


def test_a_schedule_that_follows_the_sun(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "sun.json"
    sites = ("Sydney, Australia/Sydney, 08:00, ", "Dublin, Europe/Dublin, 08:00, ")
    options = [word for site in sites for word in ("--site", site + setting.ADA)]
    assert (
        shell.run("schedule", "follow-the-sun", "Round the world", *options, "-o", str(file)).returncode == 0
    )
    written = json.loads(file.read_text())
    assert [r["time_zone"] for r in written["rotations"]] == ["Australia/Sydney", "Europe/Dublin"]
    assert written["rotations"][0]["participants"] == [{"user": setting.ADA}]
    tried = shell.run("schedule", "import", str(file), "--dry-run")
    assert "Nothing was saved." in tried.stdout
    assert "gap" not in tried.stdout
    said = failed(shell.run("schedule", "follow-the-sun", "X", "--site", "Dublin, Europe/Dublin"), REFUSED)
    assert "with commas between" in said


def test_what_a_schedule_file_lacks_is_said(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    failed(shell.run("schedule", "import", str(file)), REFUSED)
    for text, code, said in (
        ("{", REFUSED, "cannot be read"),
        ("[]", REFUSED, "holds no schedule"),
        ('{"name": "X", "time_zone": "UTC", "colour": "red"}', REFUSED, "colour"),
        ('{"name": "X", "time_zone": "Mars/Phobos"}', REFUSED, "Mars/Phobos"),
        ('{"name": "X", "time_zone": "UTC", "rotations": [{"participants": ["nobody@x.example"]}]}', NOT_FOUND, "nobody@"),
        ('{"name": "X", "time_zone": "UTC", "team": "Ghosts"}', NOT_FOUND, "Ghosts"),
    ):  # fmt: skip
        file.write_text(text)
        assert said in failed(shell.run("schedule", "import", str(file)), code)


def test_covering_from_the_shell(shell: Shell) -> None:
    name = "Payments on-call"
    far = shell.run("oncall", "now", "--at", "2027-12-01T09:00", "--schedule", name)
    assert "Ada Admin" in far.stdout
    assert shell.run("oncall", "next").returncode == 0
    assert "Ada Admin" in shell.run("oncall", "final", "payments").stdout
    span = ("--from", "2027-06-01T09:00+00:00", "--to", "2027-06-02T09:00+00:00")
    made = shell.json("oncall", "override", name, "ada", *span, "--reason", "a move")
    assert isinstance(made, dict)
    assert "a move" in shell.run("oncall", "overrides", name).stdout
    assert shell.run("oncall", "take-back", name, str(made["id"])).returncode == 0
    assert "no override" in shell.run("oncall", "overrides", name).stdout
    assert "yours already" in failed(shell.run("oncall", "take", name), REFUSED)
    assert "no schedule" in failed(shell.run("oncall", "final", "Ghosts"), NOT_FOUND)
    assert "is not a time" in failed(shell.run("oncall", "now", "--at", "tea time"), REFUSED)
    assert "five years" in failed(shell.run("oncall", "now", "--at", "2040-01-01"), REFUSED)
    assert "one year" in failed(
        shell.run("oncall", "final", name, "--from", "2026-01-01", "--to", "2028-01-01"), REFUSED
    )


def test_selfcheck_pages_for_real_and_says_when_nothing_came(shell: Shell) -> None:
    """First while nothing can be sent, then by a webhook."""
    done = failed(shell.run("selfcheck", "--wait", "5", "--transport", "webhook"), REFUSED)
    assert "No page was sent within 5 seconds." in done
    with Hook() as hook:
        setting.by_webhook_only(shell.server, setting.ADA, hook.url)
        answer = shell.json("selfcheck", "--receipt", "delivered", "--transport", "webhook")
    assert isinstance(answer, dict)
    assert answer["state"] == "delivered"
    assert hook.got[0]["data"]["alert"]["message"].startswith("Self-check")
    state = shell.server.api("GET", f"/alerts/{answer['alert']}", token=shell.token)
    assert state["state"] == "closed"


def test_reconcile_looks_on_the_database_itself(shell: Shell) -> None:
    shell.server.rows("update reconciler set ran_at = ran_at - interval '1 minute' returning ran_at")
    answer = shell.json("reconcile")
    assert answer == {"resumed": 0, "problems": []}
    status, text = shell.server.get("/healthz/paging")
    assert (status, json.loads(text)) == (200, {"ok": True, "problems": []})
    assert "tocsin_reconciler_age_seconds" in shell.server.get("/metrics")[1]


def test_a_policy_is_listed_shown_and_previewed(shell: Shell) -> None:
    assert "IF NOBODY ANSWERS" in shell.run("policy", "list").stdout
    shown = shell.run("policy", "show", "checkout").stdout
    assert "Ada Admin" in shown
    assert "If nobody answers: nobody." in shown
    previewed = shell.json(
        "policy", "preview", "Checkout", "--at", "2027-01-01T03:00+00:00", "--tags", "db,eu"
    )
    assert isinstance(previewed, dict)
    assert [(s["people"], s["at"][:16]) for s in previewed["steps"]] == [(["Ada Admin"], "2027-01-01T03:00")]
    assert "the policy says so" in shell.run("policy", "preview", "Checkout").stdout
    assert shell.run("policy", "preview", "Nothing").returncode == NOT_FOUND


def test_paging_somebody_is_one_line_and_can_be_waited_for(shell: Shell) -> None:
    sent = shell.json("page", "the payments on-call", "Replica lag grows")
    assert isinstance(sent, dict)
    assert (sent["target"], len(sent["people"])) == ("Payments on-call", 1)
    assert "nobody and nothing named zoe" in failed(shell.run("page", "zoe", "Hello"), REFUSED)
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "page", "payments on-call", "Come", "--wait"],
        cwd=ROOT, env=shell.server.env | {"TOCSIN_TOKEN": shell.token}, stdout=subprocess.PIPE, text=True,
    ) as waiting:  # fmt: skip
        assert waiting.stdout is not None
        first = waiting.stdout.readline()
        shell.run("alert", "acknowledge", first.rstrip().rpartition("/")[2])
        assert "has it." in waiting.communicate(timeout=60)[0]
    assert waiting.returncode == 0


def test_a_schedule_that_is_empty_goes_on_to_who_is_next_and_says_so(shell: Shell) -> None:
    server, token = shell.server, shell.token
    ada = setting.id_of(server, token, setting.ADA)
    rotation = {"participants": [ada], "start_date": "2099-01-05", "name": "One day"}
    body = {"name": "Nobody yet", "time_zone": "UTC", "rotations": [rotation]}
    schedule = server.api("POST", "/schedules", body, token)["id"]
    team = server.api("POST", "/teams", {"name": "Fallback", "members": [ada]}, token)["id"]
    policy = {
        "name": "Through the night",
        "repeats": 0,
        "steps": [{"delay_s": 0, "schedules": [schedule]}],
        "final": {"team": team},
    }
    server.api("POST", "/escalation-policies", policy, token)
    sent = shell.json("page", "policy through the night", "Is anybody there?")
    assert isinstance(sent, dict)

    def ledger() -> object:
        found = server.api("GET", f"/alerts/{sent['number']}/ledger", token=token)
        return found if found["pages"] else None

    found = until(ledger, "the fallback team")
    assert [page["page"]["reason"] for page in found["pages"]] == ["nobody answered, in team Fallback"]
    assert [step["reason"] for step in found["empty_steps"]] == [
        "Nobody is on call for it, and nobody active is named in it."
    ]
    entries = server.api("GET", f"/alerts/{sent['number']}/entries", token=token)["entries"]
    assert "step_found_nobody" in [entry["kind"] for entry in entries]
