"""What stands beside an incident's row, folded from its entries: who takes part and how, roles, offers, who may see a private one,
alerts, links, pins, steps, files, a call. Of what was taken out, only what it cannot have said is compared."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement
from tocsin.record.kinds import decode
from tocsin.record.model import Entry
from tocsin.record.queries import entries_after

BESIDE = Statement(
    "beside",
    """select
    (select jsonb_object_agg(user_id, part) from incident_responders where incident_id = $1 and left_at is null) as parts,
    (select jsonb_object_agg(role, user_id) from incident_roles where incident_id = $1) as roles,
    (select jsonb_object_agg(id, role) from role_offers where incident_id = $1 and next_at is not null) as offers,
    (select jsonb_object_agg(user_id, true) from incident_members where incident_id = $1) as members,
    (select jsonb_object_agg(team_id, true) from incident_teams where incident_id = $1) as teams,
    (select jsonb_object_agg(user_id, true) from incident_invitations where incident_id = $1) as invited,
    (select jsonb_object_agg(alert_id, true) from incident_alerts where incident_id = $1) as alerts,
    (select jsonb_object_agg(case when incident_id = $1 then other_id else incident_id end, relation || (incident_id <> $1))
     from incident_links where incident_id = $1 or other_id = $1) as links,
    (select jsonb_object_agg(seq, true) from entry_pins where incident_id = $1) as pins,
    (select jsonb_object_agg(step, state) from incident_steps where incident_id = $1) as steps,
    (select jsonb_object_agg(id, seq) from incident_files where incident_id = $1) as files,
    (select jsonb_object_agg('call', true) from incident_calls where incident_id = $1 and ended_at is null) as call""",
)
ASPECTS = ("parts", "roles", "offers", "members", "teams", "invited", "alerts", "links", "pins", "steps", "files", "call")  # fmt: skip
INCIDENTS = Statement("incidents", "select id, private from incidents")
#: Nobody takes part in what they may not see, and somebody sees each.
UNSEEN = Statement(
    "unseen",
    "select i.key, r.user_id from incidents i join incident_responders r on r.incident_id = i.id and r.left_at is null"
    " where not may_see_incident(i, r.user_id) union all"
    " select i.key, null from incidents i where not exists (select from users u where may_see_incident(i, u.id))",
)
NAMES = Statement("names", "select id, name from users")
TEAMS = Statement("teams", "select team_id, user_id from team_members")


@dataclass
class Beside:
    """What there is beside one incident; `unsure`: what an entry that was taken out may have changed."""

    private: bool = False
    held: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in ASPECTS})
    unsure: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> dict[str, Any]:
        return self.held[name]


def _join(b: Beside, e: Entry, _: Any) -> None:
    if e.actor_id:
        b.parts[str(e.actor_id)] = "on_it"


def _declared(b: Beside, e: Entry, p: Any) -> None:
    _join(b, e, p)
    b.private = p.private
    if b.private:
        b.members[str(e.actor_id)] = True


def _made_private(b: Beside, e: Entry, _: Any) -> None:
    b.private = True
    b.members.update(dict.fromkeys((*b.parts, str(e.actor_id)), True))


def _made_public(b: Beside, *_: Any) -> None:
    b.private = False
    b.members.clear()
    b.teams.clear()


def _let_in(b: Beside, user_id: UUID) -> None:
    b.members[str(user_id)] = True


def _held(b: Beside, role: str, user_id: UUID | None) -> None:
    for offer in [o for o, of in b.offers.items() if of == role]:
        del b.offers[offer]
    b.roles[role] = str(user_id)
    b.parts[str(user_id)] = "on_it"


def _answered(b: Beside, _: Entry, p: Any) -> None:
    b.parts[str(p.user_id)] = "on_it"
    if b.private:
        _let_in(b, p.user_id)


def _released(b: Beside, _: Entry, p: Any) -> None:
    b.parts.pop(str(p.user_id), None)
    b.invited.pop(str(p.user_id), None)


def _linked(alert: str) -> Callable[[Beside, Entry, Any], None]:
    return lambda b, _, p: b.alerts.__setitem__(str(getattr(p, alert)), True)


def _file(b: Beside, e: Entry, p: Any) -> None:
    b.files[str(p.file_id)] = e.seq


def _imported(b: Beside, e: Entry, _: Any) -> None:
    """The people, links and alerts of another place are none of this one."""
    for name in ASPECTS:
        b.held[name].clear()
    if b.private:
        b.members[str(e.actor_id)] = True


#: How each kind of entry changes it; those about people who are only named by name, and of two incidents, are in `Fold`.
CHANGES: dict[str, Callable[[Beside, Entry, Any], None]] = {
    "incident_declared": _declared,
    "message": _join, "command_output": _join, "responder_joined": _join, "responder_on_it": _join,
    "claim_made": _join, "hypothesis_made": _join, "claim_joined": _join,
    "claim_handed": lambda b, _, p: b.parts.__setitem__(str(p.to_id), "on_it"),
    "responder_watches": lambda b, e, _: b.parts.__setitem__(str(e.actor_id), "watching"),
    "responder_left": lambda b, e, _: b.parts.pop(str(e.actor_id), None),
    "person_invited": lambda b, _, p: b.invited.__setitem__(str(p.user_id), True),
    "person_released": _released,
    "page_answered": _answered,
    "role_taken": lambda b, e, p: _held(b, p.role, e.actor_id),
    "role_transferred": lambda b, _, p: _held(b, p.role, p.to_id),
    "role_given_up": lambda b, _, p: b.roles.pop(p.role, None),
    "role_offered": lambda b, _, p: b.offers.__setitem__(str(p.offer_id), p.role),
    "role_offer_closed": lambda b, _, p: b.offers.pop(str(p.offer_id), None),
    "made_private": _made_private,
    "made_public": _made_public,
    "member_added": lambda b, _, p: _let_in(b, p.user_id),
    "member_removed": lambda b, _, p: b.members.pop(str(p.user_id), None),
    "team_let_in": lambda b, _, p: b.teams.__setitem__(str(p.team_id), True),
    "team_taken_out": lambda b, _, p: b.teams.pop(str(p.team_id), None),
    "alert_linked": _linked("alert_id"),
    "people_paged": _linked("alert_id"),
    "alert_unlinked": lambda b, _, p: b.alerts.pop(str(p.alert_id), None),
    "incident_bound": lambda b, _, p: b.links.__setitem__(str(p.other), f"{p.relation}{str(p.back).lower()}"),
    "incident_unbound": lambda b, _, p: b.links.pop(str(p.other), None),
    "entry_pinned": lambda b, _, p: b.pins.__setitem__(str(p.seq), True),
    "entry_unpinned": lambda b, _, p: b.pins.pop(str(p.seq), None),
    "step_checked": lambda b, _, p: b.steps.__setitem__(p.step, str(p.state)),
    "step_unchecked": lambda b, _, p: b.steps.pop(p.step, None),
    "file_attached": _file, "recording_attached": _file, "transcript_attached": _file,
    "call_started": lambda b, _, __: b.call.__setitem__("call", True),
    "call_ended": lambda b, _, __: b.call.clear(),
    "incident_imported": _imported,
}  # fmt: skip
#: What such an entry may have changed, when its words were taken out.
UNSURE = {
    "incident_declared": {"members"}, "claim_handed": {"parts"}, "page_answered": {"parts", "members"},
    "role_taken": {"roles", "offers"}, "role_transferred": {"roles", "offers", "parts"}, "role_offered": {"offers"},
    "role_offer_closed": {"offers"}, "person_invited": {"invited"}, "person_released": {"parts", "invited"},
    "member_added": {"members"}, "member_removed": {"members", "parts"}, "team_let_in": {"teams"}, "team_taken_out": {"teams", "parts"},
    "alert_linked": {"alerts"}, "people_paged": {"alerts"}, "alert_unlinked": {"alerts"}, "incident_bound": {"links"},
    "incident_unbound": {"links"}, "step_checked": {"steps"}, "step_unchecked": {"steps"}, "file_attached": {"files"},
    "recording_attached": {"files"}, "transcript_attached": {"files"}, "incident_took_in": {"parts", "alerts"},
    "watchers_released": {"parts"}, "role_given_up": {"roles"}, "made_private": set(), "made_public": set(),
}  # fmt: skip
#: Their words can go and what they did is known all the same: it is in who did it.
KNOWN_ANYHOW = {"message", "command_output", "claim_made", "hypothesis_made", "claim_joined", "made_private", "made_public"}  # fmt: skip


@dataclass
class Fold:
    """The folding of all incidents: some entries speak of another one, as it was then."""

    streams: dict[UUID, list[Entry]]
    names: dict[str, str]
    teams: dict[str, set[str]]

    def of(self, stream: UUID, upto: int | None = None) -> Beside:
        found = Beside()
        for entry in self.streams[stream][:upto]:
            self._one(found, entry)
        return found

    def _one(self, b: Beside, e: Entry) -> None:
        if e.redacted_at is not None and e.kind not in KNOWN_ANYHOW:
            b.unsure |= UNSURE.get(e.kind, set())
            if e.kind in ("role_taken", "incident_declared"):
                _join(b, e, None)
            return
        payload = None if e.redacted_at else decode(e.kind, e.payload)
        if e.kind in CHANGES:
            CHANGES[e.kind](b, e, payload)
        elif e.kind == "incident_took_in":
            self._took_in(b, payload)
        elif e.kind == "watchers_released":
            gone = {self.names[name] for name in getattr(payload, "names", ())}
            for user in gone:
                b.parts.pop(user, None)
        self._out_of_sight(b)

    def _took_in(self, b: Beside, payload: Any) -> None:
        source = self.of(payload.source, payload.entries)
        b.unsure |= source.unsure & {"parts", "alerts"}
        b.alerts.update(source.alerts)
        for user, part in source.parts.items():
            if self._sees(b, user):
                b.parts.setdefault(user, part)

    def _sees(self, b: Beside, user: str) -> bool:
        return (
            not b.private
            or user in b.members
            or user in b.roles.values()
            or any(user in self.teams[team] for team in b.teams)
        )

    def _out_of_sight(self, b: Beside) -> None:
        for user in [user for user in b.parts if not self._sees(b, user)]:
            del b.parts[user]


async def fold_beside(db: Database) -> None:
    """Folds every incident's entries and compares with the rows beside it."""
    streams = {row["id"]: await entries_after(db, row["id"], 0, 100_000) for row in await db.rows(INCIDENTS)}
    teams: dict[str, set[str]] = defaultdict(set)
    for row in await db.rows(TEAMS):
        teams[str(row["team_id"])].add(str(row["user_id"]))
    fold = Fold(streams, {row["name"]: str(row["id"]) for row in await db.rows(NAMES)}, teams)
    assert [dict(row) for row in await db.rows(UNSEEN)] == []
    for stream, entries in streams.items():
        row, folded = await db.row(BESIDE, stream), fold.of(stream)
        assert row is not None
        for aspect in set(ASPECTS) - folded.unsure:
            told, kept = folded.held[aspect], row[aspect] or {}
            assert told == kept, f"{aspect}: {kept}, but the entries say {told}: {_said(entries)}"


def _said(entries: list[Entry]) -> str:
    return "\n".join(
        f"#{e.seq} {e.actor}: {e.kind} {e.payload if not e.redacted_at else '(taken out)'}" for e in entries
    )
