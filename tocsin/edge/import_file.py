"""Reading an exported record that somebody sends: whatever stands in it, what comes out fits, or it is refused with a sentence."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from tocsin.incidents.import_kinds import EntryImported
from tocsin.incidents.import_model import Imported, ImportedFile, ImportedTranscript, Record
from tocsin.incidents.transcript_text import LONGEST_MS, MOST_CUES, SPEAKER, TEXT, Cue
from tocsin.kernel.errors import Invalid
from tocsin.record.kinds import KINDS, Kind, decode

#: Bytes, entries, characters of one text, levels of nesting.
MOST_BYTES, MOST_ENTRIES, MOST_TEXT, DEEPEST = 30_000_000, 100_000, 500_000, 24
#: Transcripts of one record.
MOST = 500
#: Kinds that are another installation's and say nothing about the incident there.
_OURS = {"incident_imported"}
#: References of payloads to rows of the installation that they come from.
_FOREIGN = ("service_id",)
#: Kinds of entries that are a file.
_WITH_FILE = {"file_attached", "recording_attached", "transcript_attached"}
Short = Annotated[str, Field(max_length=300)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=False)


class _Redacted(_Model):
    at: AwareDatetime
    by: Short = ""
    reason: Short = ""


class _Entry(_Model):
    seq: int = Field(ge=1, le=MOST_ENTRIES)
    kind: Annotated[str, Field(min_length=1, max_length=100)]
    text: str = ""
    happened_at: AwareDatetime
    recorded_at: AwareDatetime
    actor: Short
    actor_id: UUID | None = None
    door: Annotated[str, Field(max_length=40)] = "import"
    amends: int | None = Field(None, ge=1, le=MOST_ENTRIES)
    payload: dict[str, Any]
    redacted: _Redacted | None = None


class _Origin(_Model):
    key: Annotated[str, Field(min_length=1, max_length=100)]
    url: Annotated[str, Field(max_length=2000)] = ""


class _State(_Model):
    service: Short = ""
    type: Short = ""
    fields: Annotated[list[dict[str, Any]], Field(max_length=200)] = []
    private: bool = False
    declared_at: AwareDatetime


class _Cue(_Model):
    starts_ms: int = Field(ge=0, le=LONGEST_MS)
    ends_ms: int | None = Field(None, ge=0, le=LONGEST_MS)
    speaker: Annotated[str, Field(max_length=SPEAKER)] = ""
    text: Annotated[str, Field(min_length=1, max_length=TEXT)]
    entry: int | None = Field(None, ge=1, le=MOST_ENTRIES + 1)

    def cue(self) -> Cue:
        ends = self.ends_ms if self.ends_ms is not None and self.ends_ms >= self.starts_ms else None
        return Cue(self.starts_ms, ends, self.speaker, self.text)


class _Transcript(_Model):
    seq: int = Field(ge=2, le=MOST_ENTRIES)
    name: Annotated[str, Field(min_length=1, max_length=200)]
    began_at: AwareDatetime
    cues: Annotated[list[_Cue], Field(min_length=1, max_length=MOST_CUES)]


class _Attachment(_Model):
    seq: int = Field(ge=2, le=MOST_ENTRIES)
    name: Annotated[str, Field(max_length=200)]
    size: int = Field(ge=0)
    path: Short
    began_at: AwareDatetime | None = None


class _File(_Model):
    format: Literal["tocsin-incident"]
    version: Literal[1]
    export_id: UUID
    exported_at: AwareDatetime
    origin: _Origin
    incident: _State
    entries: Annotated[list[_Entry], Field(min_length=1, max_length=MOST_ENTRIES)]
    roles: Annotated[list[dict[str, Any]], Field(max_length=100)] = []
    responders: Annotated[list[dict[str, Any]], Field(max_length=5000)] = []
    alerts: Annotated[list[dict[str, Any]], Field(max_length=1000)] = []
    places: Annotated[list[dict[str, Any]], Field(max_length=20)] = []
    items: Annotated[list[dict[str, Any]], Field(max_length=MOST_ENTRIES)] = []
    notes: Annotated[str, Field(max_length=500_000)] = ""
    transcripts: Annotated[list[_Transcript], Field(max_length=MOST)] = []
    attachments: Annotated[list[_Attachment], Field(max_length=2 * MOST)] = []


def read(data: bytes) -> Record:
    """The record in a file. Raises `Invalid` with what is wrong."""
    if len(data) > MOST_BYTES:
        raise Invalid("record", f"The file is too large: {MOST_BYTES // 1_000_000} MB fit.")
    try:
        file = _File.model_validate(_clean(orjson.loads(data), 0))
    except orjson.JSONDecodeError:
        raise Invalid("record", "The file is not JSON.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:4])
        raise Invalid("record", f"The file is not an export of version 1: {where}: {first['msg']}.") from None
    if [e.seq for e in file.entries] != list(range(1, len(file.entries) + 1)):
        raise Invalid("record", "The file has a gap: entries are numbered from 1 without one missing.")
    if file.entries[0].kind != "incident_declared":
        raise Invalid("record", "The file does not begin with a declaration.")
    carried = {
        "roles": file.roles, "responders": file.responders, "alerts": file.alerts, "places": file.places,
        "service": file.incident.service, "type": file.incident.type, "fields": file.incident.fields, "people": _people(file.items),
    }  # fmt: skip
    return Record(
        file.export_id, file.exported_at, file.incident.declared_at, file.origin.key, file.origin.url, file.incident.private,
        tuple(_entry(entry) for entry in file.entries), carried, file.notes,
        _transcripts(file), _files(file),
    )  # fmt: skip


def _transcripts(file: _File) -> tuple[ImportedTranscript, ...]:
    """Those of entries that are transcripts and were not taken out, in the order in which their lines were said."""
    kept = {e.seq for e in file.entries if e.kind == "transcript_attached" and not e.redacted}
    found: dict[int, ImportedTranscript] = {}
    for each in file.transcripts:
        if each.seq in kept:
            lines = sorted(each.cues, key=lambda line: line.starts_ms)
            told = tuple(line.entry for line in lines)
            found[each.seq] = ImportedTranscript(
                each.seq, each.name, each.began_at, tuple(line.cue() for line in lines), told
            )
    return tuple(found.values())


def _files(file: _File) -> tuple[ImportedFile, ...]:
    """Those whose entry says that it is a file and was not taken out. One entry has one file."""
    kinds = {e.seq: e.kind for e in file.entries if e.kind in _WITH_FILE and not e.redacted}
    found = {
        a.seq: ImportedFile(a.seq, a.name, a.size, a.path, a.began_at, kinds[a.seq])
        for a in file.attachments
        if a.seq in kinds
    }
    return tuple(found.values())


def _entry(e: _Entry) -> Imported:
    payload = _payload(e)
    redacted = (e.redacted.at, e.redacted.by, e.redacted.reason or "redacted") if e.redacted else None
    return Imported(
        e.seq, payload, e.happened_at, e.recorded_at, e.actor, e.actor_id, e.door, e.amends, redacted, e.kind
    )


def _payload(e: _Entry) -> Kind:
    """Of its kind where that is known and fits; else what the entry said."""
    if e.redacted:
        return EntryImported(e.kind, "")
    if e.kind in KINDS and e.kind not in _OURS:
        fields = {k: (None if k in _FOREIGN else v) for k, v in e.payload.items()}
        try:
            return decode(e.kind, fields)
        except ValidationError:
            pass
    return EntryImported(e.kind, e.text)


def _people(items: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {str(i["seq"]): i["people"] for i in items if i.get("people") and "seq" in i}


def _clean(value: Any, depth: int) -> Any:
    """Without NUL, which the database does not take. Raises `Invalid` for what is too deep or too long."""
    if depth > DEEPEST:
        raise Invalid("record", "The file is nested too deeply.")
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            raise Invalid("record", f"A text in the file is too long: {MOST_TEXT:,} characters fit.")
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_clean(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {key.replace("\x00", ""): _clean(each, depth + 1) for key, each in value.items()}
    return value
