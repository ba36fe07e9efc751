"""Whether the operator's own mail server vouches for a sender: what it wrote into `Authentication-Results` (RFC 8601). Pure."""

import re
from collections.abc import Sequence

_COMMENT = re.compile(r"\([^()]*\)")
_DMARC = re.compile(r"dmarc\s*=\s*([a-z]+)\b")
_DOMAIN = re.compile(r"\bheader\.from\s*=\s*\"?([^\s;\"]+)")


def vouched(results: Sequence[str], trusted: str, sender: str) -> bool:
    """Whether the newest result of DMARC that `trusted` wrote passed the sender's domain. `results` are headers, newest first.

    What others wrote says nothing, and neither does an older one: a stranger can send it along.
    """
    domain = sender.rpartition("@")[2].lower()
    for header in results:
        server, _, rest = _COMMENT.sub(" ", header.lower()).partition(";")
        if server.split()[:1] != [trusted.lower()]:
            continue
        for result in rest.split(";"):
            found = _DMARC.match(result.strip())
            if found:
                named = _DOMAIN.search(result)
                return found[1] == "pass" and named is not None and named[1] == domain and bool(domain)
    return False
