"""The rules of the first look: what stands above and in the state at a glance, in its layers, and nothing else."""

import base64
import hashlib

from tocsin.edge import first
from tocsin.edge.headers import CSP

SHEET = """
/* a comment { with braces } */
@layer reset, pages;
@layer reset { * { margin: 0; } table, h1 { color : var(--ink) ; } td { padding: 0; } }
@layer pages {
  .badge, .cards-table .what, .room:has(> .glance-roles, .entry) { gap: 1px 2px; content: "a"; }
  .button:not(.chosen):hover { color: red; }
  .unknown { color: red; }
  @media (width < 60rem) { .badge.sev1 { margin: 0 auto; } .unknown { margin: 0; } }
  @media print { .badge { display: none; } }
  @container (width < 10rem) { .badge { display: none; } }
}
@layer pages { .unknown { color: red; } }
"""


def test_what_is_not_there_yet_is_left_out() -> None:
    assert first.first_rules(SHEET) == (
        "@layer reset, pages;@layer reset{*{margin:0}h1{color :var(--ink)}}"
        '@layer pages{.badge{gap:1px 2px;content:"a"}.button:not(.chosen):hover{color:red}'
        "@media (width < 60rem){.badge.sev1{margin:0 auto}}}"
    )


def test_the_policy_names_exactly_this_text() -> None:
    digest = base64.b64encode(hashlib.sha256(first.RULES.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in CSP
    assert "</" not in first.RULES
    assert len(first.RULES) < 16_000, "it comes with every opening of a room"
