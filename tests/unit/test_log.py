import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.kernel.crypto import new_token, new_webhook_secret
from tocsin.kernel.ids import new_id, new_key
from tocsin.kernel.log import logger, set_up, visible_path
from tocsin.kernel.redact import HIDDEN, is_secret_name, redact


@pytest.fixture
def lines():
    """Everything logged so far, parsed; the set-up is global, so the root logger is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up("info", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)


def fail(text):
    raise ValueError(text)


def test_an_event_is_one_line_of_json(lines):
    logger("tocsin.paging").info("page sent", page=new_id(), to=["ana"], n=1)
    (line,) = lines()
    assert line["event"] == "page sent"
    assert line["level"] == "info"
    assert line["logger"] == "tocsin.paging"
    assert line["to"] == ["ana"]
    assert line["timestamp"].endswith("Z")


def test_secrets_are_hidden_at_any_depth(lines):
    logger("x").info(
        "sent to https://hooks.example.org/T0/s3cret?sig=s3cret",
        api_key="s3cret",
        request={
            "headers": {"Authorization": "Bearer s3cret", "Accept": "*/*"},
            "urls": ["https://a:s3cret@b/"],
        },
    )
    text = json.dumps(lines())
    assert "s3cret" not in text
    assert "https://hooks.example.org" in text
    assert "*/*" in text


def test_tracebacks_are_cleaned_too(lines):
    try:
        fail("postgresql://ana:s3cret@db/tocsin said no")
    except ValueError:
        logger("x").exception("failed")
    (line,) = lines()
    assert "s3cret" not in json.dumps(line)
    assert "ValueError: postgresql://db said no" in line["exception"]


def test_debug_is_silent_by_default(lines):
    logger("x").debug("detail")
    assert lines() == []


def test_uvicorns_access_log_has_no_query_and_no_keys(lines):
    key = new_key()
    args = ("10.0.0.1:5", "GET", f"/in/prometheus/{key}?token=s3cret", "1.1", 200)
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *args)
    (line,) = lines()
    assert line["event"] == f'10.0.0.1:5 - "GET /in/prometheus/{HIDDEN} HTTP/1.1" 200'
    assert line["logger"] == "uvicorn.access"


def test_setting_up_twice_logs_once(lines):
    stream = io.StringIO()
    set_up("debug", "console", stream)
    logging.getLogger("uvicorn.error").info("started")
    assert stream.getvalue().count("started") == 1
    assert lines() == []


def test_the_console_shows_cleaned_tracebacks(lines):
    stream = io.StringIO()
    set_up("info", "console", stream)
    try:
        fail("https://host/s3cret")
    except ValueError:
        logger("x").exception("failed", n=1)
    assert "ValueError: https://host" in stream.getvalue()
    assert "s3cret" not in stream.getvalue()
    assert lines() == []


def test_row_ids_stay_readable_in_paths():
    row = str(new_id())
    assert visible_path(f"/incidents/{row}/log") == f"/incidents/{row}/log"
    assert visible_path(f"/invitation/{new_token('inv')}") == f"/invitation/{HIDDEN}"
    assert visible_path("/assets/a-rather-long-name-of-a-file") == "/assets/a-rather-long-name-of-a-file"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://ana:pw@example.org:8443/a/b?c=d#e is down", "https://example.org:8443 is down"),
        ("smtp://u:p@mail/", "smtp://mail"),
        ("Authorization: Bearer abcdef.123456", f"Authorization: Bearer {HIDDEN}"),
        ("GenieKey 11111111-2222", f"GenieKey {HIDDEN}"),
        ("password=hunter2&x=1", f"password={HIDDEN}&x=1"),
        ('{"api_key": "abc", "n": 1}', f'{{"api_key": "{HIDDEN}", "n": 1}}'),
        ("the token bucket is full", "the token bucket is full"),
        ("basic facts", "basic facts"),
    ],
)
def test_redact(text, clean):
    assert redact(text) == clean
    assert redact(clean) == clean


def test_our_own_tokens_are_known_by_their_shape():
    assert redact(f"used {new_token('tok')} and {new_webhook_secret()}.") == f"used {HIDDEN} and {HIDDEN}."


@given(st.text(alphabet="ab/:?#@= ", max_size=60).map(lambda tail: f"https://host/s3cret{tail}"))
def test_what_follows_the_host_never_stays(text):
    assert "s3cret" not in redact(text)


def test_secret_names():
    assert all(
        map(is_secret_name, ["password", "API_KEY", "apiKey", "X-Auth-Token", "Cookie", "smtp_password"])
    )
    assert not any(map(is_secret_name, ["keyword", "tokens_left", "monkey", "page", "", "keyboard_layout"]))
