"""What a long address is about, told by its shape alone: nothing is fetched, neither here nor in anybody's browser."""

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

#: Marks that turn the direction of text around: an address must not look like another one.
_TURNS = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST = 60


def label(url: str) -> str | None:
    """`GitHub PR acme/shop #123` for an address of a known tool; None for all others. Never raises."""
    try:
        parts = urlsplit(url)
        host, path = (parts.hostname or "").lower(), unquote(parts.path)
    except ValueError:
        return None
    for host_like, path_like, words in RULES:
        if re.search(host_like, host):
            found = re.match(path_like, path)
            if found:
                return _tidy(words(host, *found.groups()))
    return None


def short(url: str) -> str:
    """An address of anything else: without the scheme, its middle left out when it is long."""
    bare = _TURNS.sub("", url.partition("://")[2]).rstrip("/")
    return bare if len(bare) <= LONGEST else f"{bare[: LONGEST - 15]}…{bare[-14:]}"


def _tidy(text: str) -> str:
    return _TURNS.sub("", text)[:LONGEST]


def _words(slug: str) -> str:
    return slug.replace("-", " ").replace("_", " ").strip()


def _aws(host: str, service: str) -> str:
    region = host.removesuffix("console.aws.amazon.com").rstrip(".")
    return f"AWS console: {service}" + (f" ({region})" if region else "")


def _datadog(_: str, what: str, which: str | None) -> str:
    return f"Datadog {what.rstrip('s')}" + (f" {_words(which)}" if which else "")


Words = Callable[..., str]
_REPO = r"/([\w.-]+/[\w.-]+)"
_GITLAB = r"/([\w./-]+?)/-"
#: Host, path, and what to call it. The first that fits counts.
RULES: tuple[tuple[str, str, Words], ...] = (
    (r"(^|\.)github\.", rf"{_REPO}/pull/(\d+)", lambda _, repo, n: f"GitHub PR {repo} #{n}"),
    (r"(^|\.)github\.", rf"{_REPO}/issues/(\d+)", lambda _, repo, n: f"GitHub issue {repo} #{n}"),
    (r"(^|\.)github\.", rf"{_REPO}/commit/([0-9a-f]{{7}})", lambda _, repo, sha: f"GitHub commit {repo} {sha}"),
    (r"(^|\.)github\.", rf"{_REPO}/actions/runs/(\d+)", lambda _, repo, n: f"GitHub Actions {repo} run {n}"),
    (r".", rf"{_GITLAB}/merge_requests/(\d+)", lambda _, repo, n: f"GitLab MR {repo} !{n}"),
    (r".", rf"{_GITLAB}/issues/(\d+)", lambda _, repo, n: f"GitLab issue {repo} #{n}"),
    (r".", rf"{_GITLAB}/commit/([0-9a-f]{{7}})", lambda _, repo, sha: f"GitLab commit {repo} {sha}"),
    (r".", rf"{_GITLAB}/(pipelines|jobs)/(\d+)", lambda _, repo, what, n: f"GitLab {what.rstrip('s')} {repo} {n}"),
    (r"\.atlassian\.net$|jira", r"/browse/([A-Z][A-Z0-9_]+-\d+)", lambda _, key: f"Jira {key}"),
    (r"sentry", r"(?:/organizations/[\w-]+|/[\w-]+/[\w-]+)?/issues/(\d+)", lambda _, n: f"Sentry issue {n}"),
    (r"(^|\.)datadoghq\.", r"/(dashboard|monitors|logs|apm|notebook)(?:/[\w-]+/([\w-]+)|/(?:\d+))?", _datadog),
    (r"(^|\.)pagerduty\.com$", r"/(incidents|services|alerts)/(\w+)", lambda _, what, n: f"PagerDuty {what.rstrip('s')} {n}"),
    (r"(^|\.)console\.aws\.amazon\.com$", r"/([\w-]+)", _aws),
    (r"kibana|\.", r"/(?:s/[\w-]+/)?app/(?:kibana#/)?(discover|dashboards|visualize|logs|apm)\b", lambda _, what: f"Kibana {what}"),
    (r"grafana|monitor|\.", r"(?:/grafana)?/d/[\w-]+/([\w-]+)", lambda _, slug: f"Grafana: {_words(slug)}"),
    (r"grafana", r"(?:/grafana)?/explore", lambda _: "Grafana Explore"),
    (r"grafana", r"(?:/grafana)?/d/([\w-]+)", lambda _, uid: f"Grafana dashboard {uid}"),
)  # fmt: skip
