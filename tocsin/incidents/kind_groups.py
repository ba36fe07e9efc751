"""Groups of kinds, by which people filter a record."""

from tocsin.record.kinds import KINDS

#: Words of the group, and how its kinds begin. What begins like none is part of the state.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "said": ("Said", ("message", "command_output", "attachment", "mail", "transcript", "recording", "file")),
    "decisions": ("Decisions and work", ("decision", "item", "hypothesis", "claim", "task", "fact", "evidence", "unknown", "question", "board", "checklist")),
    "updates": ("Updates", ("update_",)),
    "people": ("People and roles", ("role_", "responder_", "member_", "people_", "page_", "call_", "invit", "handover")),
    "alerts": ("Alerts", ("alert_",)),
    "marks": ("Edits and pins", ("entry_", "caption_")),
    "state": ("State", ()),
}  # fmt: skip


def group_of(kind: str) -> str:
    """The group of a kind, also of one that comes later."""
    return next((name for name, (_, begins) in GROUPS.items() if begins and kind.startswith(begins)), "state")


def kinds_in(names: str) -> list[str] | None:
    """The kinds of groups and of kinds by name, separated by commas; None when nothing is named: all of them."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    return [kind for kind in KINDS if kind in wanted or group_of(kind) in wanted] if wanted else None
