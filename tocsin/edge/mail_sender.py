"""Who sent a mail to an incident, as far as that is proven, and whether they may write there.

The address is a secret; who sent a mail is only a claim. Words count as a person's when both sender addresses are one that this
person has proven to be theirs, or, where the operator's mail server checks senders, when that vouches for it. Everybody else's are
kept as what a mail said, with the address beside them; in a private incident they are refused like a wrong address.
"""

from dataclasses import dataclass
from email.utils import parseaddr

from tocsin.alerts.heartbeat_mail import pinged_by_mail
from tocsin.edge.mail_parse import Mail
from tocsin.edge.mail_proof import vouched
from tocsin.edge.site import Site
from tocsin.incidents.mail_address import destination, incident_by_mail
from tocsin.incidents.model import Incident
from tocsin.incidents.queries import incident_by_id
from tocsin.kernel.db import Actor
from tocsin.kernel.errors import NotFound
from tocsin.people.model import Role
from tocsin.people.queries import user_by_proven_mail

#: Whose entry it is when nobody proved to be the sender. Acts as a member, for its two commands only.
UNPROVEN = Actor(None, "mail", "integration", "member", frozenset({"respond"}))


@dataclass(frozen=True, slots=True)
class Author:
    """Whose entry it becomes; `said_by`: what is known of a sender who is not proven."""

    actor: Actor
    said_by: str = ""


async def author_of(site: Site, mail: Mail, envelope_from: str) -> Author:
    """Who is believed to have written it; everybody else is told of as what they claim to be."""
    trusted, shown = site.settings.mail_trust, mail.sender or envelope_from
    same_twice = mail.sender.lower() == envelope_from.lower()
    proven = vouched(mail.results, trusted, mail.sender) if trusted else same_twice
    user = await user_by_proven_mail(site.database, shown)
    if user is not None and proven and user.role != Role.VIEWER:
        return Author(Actor(user.id, user.name, "user", user.role))
    how = "unknown sender" if user is None else "looks only" if proven else "sender not proven"
    by = f", sent by {envelope_from}" if mail.sender and not same_twice and not proven else ""
    return Author(UNPROVEN, f"{shown[:60]} ({how}{by})"[:100])


async def open_to(site: Site, key: str, author: Author) -> Incident:
    """Raises NotFound: to those who may not see it, it does not exist."""
    db = site.database
    found = await incident_by_id(db, await destination(db, key), author.actor.id)
    if found is None:
        raise NotFound("There is nobody at this address.")
    return found


def is_ours(site: Site, address: str) -> bool:
    """Whether we sent it: a mail of ours that came back would come back for ever."""
    if address.lower() == parseaddr(site.settings.mail_from)[1].lower():
        return True
    for meant in (incident_by_mail, pinged_by_mail):
        try:
            meant(site.keys, address, site.settings.mail_domain)
        except NotFound:
            continue
        return True
    return False
