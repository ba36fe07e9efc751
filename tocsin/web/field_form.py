"""The organisation's own fields in forms: each is sent as `field-NAME`; `fields_shown` names those that the form had."""

from collections.abc import Iterable
from typing import Any

from tocsin.edge.forms import Form
from tocsin.incidents.field_model import FieldDefinition, FieldKind


def values_in(form: Form, definitions: Iterable[FieldDefinition]) -> dict[str, Any]:
    """What was typed, by field; the commands check it. A field that the form did not show is left as it is."""
    shown = set(form.all("fields_shown"))
    return {
        d.name: form.all(f"field-{d.name}")
        if d.kind is FieldKind.CHOICES
        else form.get(f"field-{d.name}", "").strip()
        for d in definitions
        if d.name in shown
    }
