from dataclasses import fields
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from tocsin.settings import PrivateTargets, Settings, Smtp, load
from tocsin.variables import VARIABLES, WrongSetting, misspelt
from tocsin.vendors import Bucket

HOME = {"HOME": "/home/ana"}


def settings(platform="linux", root=False, **env):
    return load(HOME | env, platform=platform, root=root)


def test_nothing_set_gives_the_defaults():
    found = settings()
    assert found == Settings(
        data=Path("/home/ana/.local/share/tocsin"),
        host="127.0.0.1",
        port=8080,
        url="http://localhost:8080",
        mail_from="Tocsin <tocsin@localhost>",
        jitsi_url="https://meet.jit.si",
    )
    assert not found.secure


def test_the_table_names_every_field_once():
    assert sorted(variable.field for variable in VARIABLES) == sorted(f.name for f in fields(Settings))
    assert len({variable.name for variable in VARIABLES}) == len(VARIABLES)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_every_example_is_accepted_and_used(variable):
    with_example = getattr(settings(**{variable.name: variable.example}), variable.field)
    assert with_example
    if variable.name not in {"TOCSIN_PORT", "TOCSIN_JITSI_URL"}:
        assert with_example != getattr(settings(), variable.field)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_an_empty_variable_counts_as_not_set(variable):
    assert settings(**{variable.name: "  "}) == settings()


@pytest.mark.parametrize(
    ("platform", "root", "env", "folder"),
    [
        ("linux", False, {"XDG_DATA_HOME": "/data"}, "/data/tocsin"),
        ("darwin", False, {}, "/home/ana/Library/Application Support/tocsin"),
        ("linux", True, {"XDG_DATA_HOME": "/data"}, "/var/lib/tocsin"),
        ("linux", True, {"TOCSIN_DATA": "/srv/t"}, "/srv/t"),
    ],
)
def test_the_data_folder_follows_platform_and_account(platform, root, env, folder):
    assert settings(platform, root, **env).data == Path(folder)


def test_a_relative_data_folder_becomes_absolute():
    assert settings(TOCSIN_DATA="here").data == Path.cwd() / "here"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOCSIN_RECEIPT_PATIENCE", "sms=soon"),
        ("TOCSIN_RECEIPT_PATIENCE", "fax=60"),
        ("TOCSIN_RECEIPT_PATIENCE", "voice=5"),
        ("TOCSIN_PORT", "abc"),
        ("TOCSIN_PORT", "0"),
        ("TOCSIN_PORT", "65536"),
        ("TOCSIN_PORT", "٣"),
        ("TOCSIN_HOST", "http://here"),
        ("TOCSIN_HOST", "127.0.0.1:80"),
        ("TOCSIN_GATHER_S", "-1"),
        ("TOCSIN_GATHER_S", "3601"),
        ("TOCSIN_PAGE_LIMITS", "sms"),
        ("TOCSIN_PAGE_LIMITS", "sms=many"),
        ("TOCSIN_URL", "tocsin.example.org"),
        ("TOCSIN_URL", "https://example.org/tocsin"),
        ("TOCSIN_URL", "https://ana:pass@example.org"),
        ("TOCSIN_URL", "https://example.org:99999"),
        ("TOCSIN_URL", "https://[oops"),
        ("DATABASE_URL", "mysql://db/tocsin"),
        ("TOCSIN_SMTP_URL", "mail.example.org:25"),
        ("TOCSIN_MAIL_DOMAIN", "in example.org"),
        ("TOCSIN_MAIL_TRUST", "mx..example.org"),
        ("TOCSIN_SMTP_URL", "smtp://mail.example.org?tls=1"),
        ("TOCSIN_SMTP_URL", "smtp://mail.example.org?starttls=perhaps"),
        ("TOCSIN_MAIL_FROM", "Tocsin"),
        ("TOCSIN_MAIL_FROM", "Tocsin <t@example.org>\r\nBcc: x@example.org"),
        ("TOCSIN_TOKEN", "two words"),
        ("TOCSIN_SECRET", "hunter2hunter2"),
        ("TOCSIN_ALLOW_PRIVATE_TARGETS", "http://10.0.0.1/"),
        ("TOCSIN_ALLOW_PRIVATE_TARGETS", "10.0.0.0/99"),
        ("TOCSIN_JITSI_URL", "meet.jit.si"),
        ("TOCSIN_LOG", "verbose"),
        ("TOCSIN_S3_URL", "s3.example.org/bucket"),
        ("TOCSIN_S3_URL", "https://s3.example.org/bucket"),
        ("TOCSIN_S3_URL", "https://key:hunter2@s3.example.org"),
        ("TOCSIN_S3_URL", "https://key:hunter2@s3.example.org/Bucket_"),
        ("TOCSIN_S3_URL", "https://key:hunter2@s3.example.org:99999/bucket"),
        ("TOCSIN_S3_URL", "https://key:hunter2@s3.example.org/bucket/../other"),
        ("TOCSIN_S3_URL", "https://key:hunter2@s3.example.org/bucket?zone=a"),
        ("TOCSIN_S3_URL", "https://key:hunter2@s3.example.org/bucket?region=a b"),
        ("TOCSIN_S3_URL", "s3://key:hunter2@bucket/prefix"),
        ("TOCSIN_TRUSTED_PROXIES", "10.0.0.0/8,nginx"),
    ],
)
def test_a_wrong_value_is_told_in_a_sentence_without_the_value(name, value):
    with pytest.raises(WrongSetting) as caught:
        settings(**{name: value})
    sentence = str(caught.value)
    assert sentence.startswith(f"{name} ")
    assert f"for example {name}=" in sentence
    assert "hunter2" not in sentence
    assert caught.value.name == name


def test_a_port_that_kubernetes_injected_is_explained():
    with pytest.raises(WrongSetting, match="enableServiceLinks"):
        settings(TOCSIN_PORT="tcp://10.0.0.1:8080")


def test_the_public_address_decides_sender_and_cookies():
    found = settings(TOCSIN_URL="https://tocsin.example.org/", TOCSIN_PORT="9000")
    assert found.url == "https://tocsin.example.org"
    assert found.secure
    assert found.mail_from == "Tocsin <tocsin@tocsin.example.org>"
    assert settings(TOCSIN_PORT="9000").url == "http://localhost:9000"
    assert settings(TOCSIN_URL="http://192.0.2.1").mail_from == "Tocsin <tocsin@[192.0.2.1]>"
    assert (found.mail_domain, found.mail_trust) == ("tocsin.example.org", "")
    named = settings(TOCSIN_MAIL_DOMAIN="In.Example.org.", TOCSIN_MAIL_TRUST="MX.example.org")
    assert (named.mail_domain, named.mail_trust) == ("in.example.org", "mx.example.org")
    assert settings(TOCSIN_URL="http://[::1]:80").mail_from == "Tocsin <tocsin@[IPv6:::1]>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smtp://mail.example.org", Smtp("mail.example.org", 25)),
        ("smtp://mail.example.org?starttls=1", Smtp("mail.example.org", 587, starttls=True)),
        ("smtp://a%40b:p%2Fw@mail.example.org", Smtp("mail.example.org", 587, "a@b", "p/w", starttls=True)),
        ("smtp://a:p@localhost:1025?starttls=0", Smtp("localhost", 1025, "a", "p", starttls=False)),
        ("smtps://a:p@mail.example.org", Smtp("mail.example.org", 465, "a", "p", tls=True, starttls=False)),
    ],
)
def test_mail_servers(text, expected):
    assert settings(TOCSIN_SMTP_URL=text).smtp == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://AK:sk@s3.example.org/files", Bucket("https://s3.example.org", "files", "AK", "sk")),
        (
            "http://AK:s/k+%25=@10.0.0.1:9000/files/a/b-1/?region=eu-west-1",
            Bucket("http://10.0.0.1:9000", "files", "AK", "s/k+%=", "eu-west-1", "a/b-1"),
        ),
    ],
)
def test_buckets(text, expected):
    found = settings(TOCSIN_S3_URL=text)
    assert found.s3 == expected
    assert "sk" not in repr(found)
    assert "AK" not in repr(found)
    assert {v.name: shown for v, shown in found.shown()}["TOCSIN_S3_URL"] == str(expected)


def test_secrets_are_neither_in_repr_nor_shown():
    found = settings(
        TOCSIN_SMTP_URL="smtp://ana:hunter2@mail.example.org",
        DATABASE_URL="postgresql://ana:hunter2@db/tocsin",
        TOCSIN_SECRET="hunter2" * 5,
        TOCSIN_TOKEN="hunter2",
    )
    shown = {variable.name: value for variable, value in found.shown()}
    assert "hunter2" not in repr(found) + repr(shown)
    assert shown["TOCSIN_SECRET"] == shown["DATABASE_URL"] == "set"
    assert shown["TOCSIN_SMTP_URL"] == "smtp://mail.example.org:587"
    assert shown["TOCSIN_ALLOW_PRIVATE_TARGETS"] == shown["TOCSIN_TRUSTED_PROXIES"] == "not set"


def test_private_targets_by_network_and_by_name():
    private = settings(TOCSIN_ALLOW_PRIVATE_TARGETS="10.1.0.0/16, Chat.Internal,fd00::/8").private_targets
    assert private.allows_address(ip_address("10.1.2.3"))
    assert private.allows_address(ip_address("fd00::1"))
    assert not private.allows_address(ip_address("10.2.0.1"))
    assert private.allows_host("chat.internal.")
    assert not private.allows_host("x.chat.internal")
    assert str(private) == "10.1.0.0/16,fd00::/8,chat.internal"


def test_private_targets_all_or_none():
    assert settings(TOCSIN_ALLOW_PRIVATE_TARGETS="yes").private_targets == PrivateTargets(everything=True)
    assert settings(TOCSIN_ALLOW_PRIVATE_TARGETS="0").private_targets == PrivateTargets()
    assert PrivateTargets(everything=True).allows_host("anything")


def test_how_long_a_receipt_is_waited_for():
    found = settings(TOCSIN_RECEIPT_PATIENCE="sms=90 voice=0")
    assert found.receipt_patience == (("sms", 90), ("voice", 0))
    assert ("TOCSIN_RECEIPT_PATIENCE", "sms=90 voice=0") in [(v.name, shown) for v, shown in found.shown()]


def test_how_much_one_person_gets():
    found = settings(TOCSIN_GATHER_S="0", TOCSIN_PAGE_LIMITS="sms=40 email=0")
    assert (found.gather_s, found.page_limits) == (0, (("sms", 40), ("email", 0)))
    assert {"TOCSIN_GATHER_S": "0", "TOCSIN_PAGE_LIMITS": "sms=40 email=0"}.items() <= {
        v.name: shown for v, shown in found.shown()
    }.items()
    assert (settings().gather_s, settings().page_limits) == (60, ())


def test_logging_and_proxies():
    found = settings(TOCSIN_LOG="debug,JSON", TOCSIN_TRUSTED_PROXIES="127.0.0.1, fd00::1/8")
    assert str(found.log) == "debug,json"
    assert found.trusted_proxies == (ip_network("127.0.0.1"), ip_network("fd00::/8"))
    assert str(settings().log) == "info"


def test_mistyped_names_are_noticed():
    assert misspelt({"TOCSIN_SMPT_URL": "", "TOCSIN_PORT": "", "TOCSIN_SERVICE_HOST": "", "PATH": ""}) == {
        "TOCSIN_SMPT_URL": "TOCSIN_SMTP_URL"
    }
