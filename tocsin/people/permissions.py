"""Who may do what: one table from verb to need, asked before every command.

What depends on the row (only the team's admins, only oneself) is checked by the command itself, which knows the row;
this table is the outer bound. A verb that is missing here is refused to everybody.
"""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Forbidden, NotSignedIn


class Scope(StrEnum):
    """What an API token may be limited to. A signed-in person has them all, as far as the role goes."""

    READ = "read"
    RESPOND = "respond"
    CONFIGURE = "configure"
    ADMIN = "admin"


RANK = {"none": 0, "viewer": 1, "member": 2, "admin": 3}


@dataclass(frozen=True, slots=True)
class Need:
    """The least role, and the scope that a token needs. `machine`: also integrations, with their own key."""

    role: str
    scope: Scope
    machine: bool = False


ANYONE = Need("none", Scope.READ)
OWN = Need("viewer", Scope.CONFIGURE)
RESPOND = Need("member", Scope.RESPOND)
#: What whoever is on call needs for their own shifts, viewers too; the command limits it to them.
ON_CALL = Need("viewer", Scope.RESPOND)
INTAKE = Need("member", Scope.RESPOND, machine=True)
CONFIGURE = Need("member", Scope.CONFIGURE)
ADMIN = Need("admin", Scope.ADMIN)

VERBS: dict[str, Need] = {
    # people: oneself
    "session.sign_in": ANYONE,
    "session.sign_out": ANYONE,
    "session.sign_out_everywhere": OWN,
    "link.set_up": ANYONE,
    "link.set_password": ANYONE,
    "link.verify": ANYONE,
    "profile.change": OWN,
    "password.change": OWN,
    "password.ask_reset": ANYONE,
    "contact_method.add": OWN,
    "contact_method.remove": OWN,
    "contact_method.ask_verification": OWN,
    "contact_method.renew_device": ANYONE,
    "notification_rule.add": OWN,
    "notification_rule.remove": OWN,
    "notification_rule.make_own": OWN,
    "notification_rule.use_defaults": OWN,
    "do_not_disturb.set": ON_CALL,
    "do_not_disturb.set_hours": ON_CALL,
    "token.create": OWN,
    "token.revoke": OWN,
    # people: the organisation
    "user.invite": ADMIN,
    "user.invite_again": ADMIN,
    "user.create": ADMIN,
    "token.create_for": ADMIN,
    "user.set_role": ADMIN,
    "user.disable": ADMIN,
    "user.enable": ADMIN,
    "service_token.create": ADMIN,
    "display.add": ADMIN,
    "display.revoke": ADMIN,
    "team.create": ADMIN,
    "team.change": CONFIGURE,
    "team.set_paging_rule": CONFIGURE,
    "team.remove": ADMIN,
    "team.add_member": CONFIGURE,
    "team.remove_member": CONFIGURE,
    # catalog
    "service.create": CONFIGURE,
    "service.change": CONFIGURE,
    "service.archive": CONFIGURE,
    "service.set_dependencies": CONFIGURE,
    "integration.create": CONFIGURE,
    "integration.change": CONFIGURE,
    "integration.rotate_key": CONFIGURE,
    "integration.revoke_key": CONFIGURE,
    "integration.revoke": CONFIGURE,
    "route.add": CONFIGURE,
    "route.remove": CONFIGURE,
    # oncall
    "schedule.create": CONFIGURE,
    "schedule.change": CONFIGURE,
    "schedule.archive": CONFIGURE,
    "schedule.undo": CONFIGURE,
    "override.add": RESPOND,
    "override.remove": RESPOND,
    "shift.take": RESPOND,
    "leave.cover": RESPOND,
    "relief.ask": ON_CALL,
    "relief.ask_by_link": ANYONE,
    "swap.ask": ON_CALL,
    "swap.accept": ON_CALL,
    "swap.decline": ON_CALL,
    "swap.withdraw": ON_CALL,
    "handover.accept": ON_CALL,
    "shift_note.add": ON_CALL,
    "shift_note.done": ON_CALL,
    "calendar_feed.create": OWN,
    "calendar_feed.renew": OWN,
    "calendar_feed.remove": OWN,
    "calendar.add": CONFIGURE,
    "calendar.import_file": CONFIGURE,
    "calendar.refresh": RESPOND,
    # alerts
    "heartbeat.create": CONFIGURE,
    "heartbeat.change": CONFIGURE,
    "heartbeat.pause": RESPOND,
    "heartbeat.resume": RESPOND,
    "heartbeat.archive": CONFIGURE,
    "heartbeat.renew": CONFIGURE,
    "heartbeat.ping": INTAKE,
    "silence.create": RESPOND,
    "silence.change": RESPOND,
    "silence.extend": RESPOND,
    "silence.end": RESPOND,
    "silence.quieten": RESPOND,
    "grouping.create": CONFIGURE,
    "grouping.change": CONFIGURE,
    "grouping.remove": CONFIGURE,
    "alert.take_in": INTAKE,
    "alert.report": RESPOND,
    "alert.acknowledge": INTAKE,
    "alert.still_on_it": RESPOND,
    "promise.set_default": ADMIN,
    "alert.unacknowledge": RESPOND,
    "alert.close": INTAKE,
    "alert.snooze": RESPOND,
    "alert.reassign": RESPOND,
    "alert.acknowledge_many": RESPOND,
    "alert.close_many": RESPOND,
    "alert.acknowledge_group": RESPOND,
    "alert.close_group": RESPOND,
    "alert.rate": ON_CALL,
    "alert.note": INTAKE,
    # paging
    "policy.create": CONFIGURE,
    "policy.change": CONFIGURE,
    "policy.archive": CONFIGURE,
    "policy.apply_to_running": CONFIGURE,
    "vendor.probe": RESPOND,
    "page.test": OWN,
    "page.confirm_test": OWN,
    "page.person": RESPOND,
    "alert.add_responder": RESPOND,
    "page.send": RESPOND,
    "page.selfcheck": RESPOND,
    "page.acknowledge_by_link": ANYONE,
    "page.acknowledge_bundle": ANYONE,
    "page.mark_bundle_seen": ANYONE,
    "page.acknowledge_by_reply": ANYONE,
    "page.still_on_it_by_link": ANYONE,
    "page.mark_seen": ANYONE,
    "method_test.confirm": ANYONE,
    # incidents
    "incident.declare": RESPOND,
    "incident.say": RESPOND,
    "incident.set_severity": RESPOND,
    "incident.set_status": RESPOND,
    "incident.set_impact": RESPOND,
    "incident.set_summary": RESPOND,
    "incident.set_reporter": RESPOND,
    "incident.set_service": RESPOND,
    "incident.set_times": RESPOND,
    "incident.take_role": RESPOND,
    "incident.transfer_role": RESPOND,
    "incident.give_up_role": RESPOND,
    "incident.offer_role": RESPOND,
    "incident.accept_role": RESPOND,
    "incident.decline_role": RESPOND,
    "incident.withdraw_offer": RESPOND,
    "incident.watch": RESPOND,
    "incident.invite": RESPOND,
    "incident.release": RESPOND,
    "incident.release_watchers": RESPOND,
    "role.define": ADMIN,
    "role.change": ADMIN,
    "role.put_away": ADMIN,
    "incident_type.define": ADMIN,
    "incident_type.change": ADMIN,
    "incident_type.put_away": ADMIN,
    "incident_field.define": ADMIN,
    "incident_field.change": ADMIN,
    "incident_field.put_away": ADMIN,
    "incident.join": RESPOND,
    "incident.leave": RESPOND,
    "incident.link_alert": RESPOND,
    "incident.page": RESPOND,
    "incident.unlink_alert": RESPOND,
    "incident.publish_update": RESPOND,
    "incident.still_true": RESPOND,
    "incident.attach": RESPOND,
    "incident.attach_recording": RESPOND,
    "incident.attach_transcript": RESPOND,
    "incident.tell_cue": RESPOND,
    "incident.move_recording": RESPOND,
    "incident.resolve": RESPOND,
    "incident.reopen": RESPOND,
    "incident.cancel": RESPOND,
    "incident.add_member": RESPOND,
    "incident.remove_member": RESPOND,
    "incident.make_private": RESPOND,
    "incident.make_public": RESPOND,
    "incident.let_team_in": RESPOND,
    "incident.remove_team": RESPOND,
    "incident.merge": RESPOND,
    "incident.relate": RESPOND,
    "incident.unrelate": RESPOND,
    "incident.follow_up": RESPOND,
    "incident.split": RESPOND,
    "incident.set_sub_status": RESPOND,
    "incident.set_type": RESPOND,
    "incident.set_fields": RESPOND,
    "incident.redact_entry": RESPOND,
    "incident.edit_entry": RESPOND,
    "incident.pin_entry": RESPOND,
    "incident.unpin_entry": RESPOND,
    "incident.react": RESPOND,
    "incident.log_output": RESPOND,
    "incident.start_call": RESPOND,
    "incident.end_call": RESPOND,
    "incident.import_record": RESPOND,
    "visit.caught_up": ON_CALL,
    # what people work on in them
    "claim.make": RESPOND,
    "claim.join": RESPOND,
    "claim.renew": RESPOND,
    "claim.hand": RESPOND,
    "claim.finish": RESPOND,
    "claim.drop": RESPOND,
    "claim.add_evidence": RESPOND,
    "hypothesis.judge": RESPOND,
    "task.make": RESPOND,
    "task.take": RESPOND,
    "task.finish": RESPOND,
    "task.reopen": RESPOND,
    "task.cancel": RESPOND,
    "decision.make": RESPOND,
    "decision.undo": RESPOND,
    "board.ask": RESPOND,
    "board.answer": RESPOND,
    "board.know": RESPOND,
    "playbook.apply": ADMIN,
    "playbook.check": RESPOND,
    "playbook.uncheck": RESPOND,
    # places
    "place.set_ticket": RESPOND,
    "notes.save": RESPOND,
    "notes.edit": RESPOND,
    "notes.restore": RESPOND,
    # comms
    "status_page.change": CONFIGURE,
    "component.create": CONFIGURE,
    "component.archive": CONFIGURE,
    "component.set_status": RESPOND,
    # learning
    "postmortem.draft": RESPOND,
    "postmortem.edit": RESPOND,
    "postmortem.set_status": RESPOND,
    "postmortem.choose_timeline": RESPOND,
    "action.add": RESPOND,
    "action.finish": RESPOND,
}


async def permit(u: Unit, verb: str) -> None:
    """Raises `Forbidden` or `NotSignedIn` unless the unit's actor may do `verb`."""
    actor, need = u.actor, VERBS.get(verb)
    if need is None:
        raise Forbidden(f"Nobody may do {verb}: it is missing in the permission table.")
    if actor.kind == "engine" or need is ANYONE or (need.machine and actor.kind == "integration"):
        return
    if RANK[actor.role] == 0:
        raise NotSignedIn("Sign in first.")
    if RANK[actor.role] < RANK[need.role]:
        raise Forbidden(f"Your role is {actor.role}; this needs the role {need.role}.")
    if actor.scopes and need.scope not in actor.scopes:
        raise Forbidden(f"This token lacks the scope “{need.scope}”.")
