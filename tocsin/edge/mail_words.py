"""What a mail is in the record: a line, its files, and a time if it is told late. Pure."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from tocsin.edge.mail_parse import Attached, Mail
from tocsin.incidents.model import Incident
from tocsin.incidents.said_model import MESSAGE, may_have_happened, plain

#: A mail that took longer is noted at the time it was written.
LATE = timedelta(minutes=5)
MORE = "\n\n… The whole mail is attached."


def words_of(mail: Mail, known: Collection[str]) -> tuple[str, list[Attached]]:
    """The line for the record, empty when the mail holds nothing; and its files, without pictures that are known already."""
    found = [f for f in mail.files if not (f.inline and hashlib.sha256(f.content).hexdigest() in known)]
    text = plain(mail.text.encode("utf-8", "replace").decode()).strip()
    subject = "" if mail.reply else plain(mail.subject.encode("utf-8", "replace").decode()).strip()
    if not text.startswith(subject):
        text = f"{subject}\n\n{text}".strip()
    if not text and found:
        text = "sent a file" if len(found) == 1 else f"sent {len(found)} files"
    if len(text) > MESSAGE:
        found.append(Attached("mail.txt", text.encode()))
        text = f"{text[: MESSAGE - len(MORE)]}{MORE}"
    return text, found


def when(mail: Mail, incident: Incident, now: datetime) -> datetime | None:
    """When it was written, if that was long ago: a mail server kept it while we were away."""
    at = mail.written_at
    late = at is not None and now - at > LATE and may_have_happened(at, incident.declared_at, now)
    return at if late else None
