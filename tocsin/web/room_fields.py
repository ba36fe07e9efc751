"""The panel of an incident's type and of the organisation's own fields, and its buttons."""

from typing import Any

from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Site
from tocsin.edge.viewer import Viewer
from tocsin.incidents import field_definitions
from tocsin.incidents.fields import fields_of, set_fields, set_type, still_to_say
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Reader, Unit
from tocsin.web.field_form import values_in
from tocsin.web.room_act import buttons


async def context(db: Reader, incident: Incident, _: Viewer) -> dict[str, Any]:
    """For `panels/fields.html`."""
    own = await fields_of(db, incident)
    return {
        "own_fields": own,
        "types": await field_definitions.types(db),
        "type_title": await field_definitions.type_title(db, incident.type),
        "not_said": still_to_say(incident, own),
    }


async def _type(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await set_type(u, i.id, form.text("type", most=60))


async def _fields(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await set_fields(u, i.id, values_in(form, await field_definitions.fields(u)))


def routes() -> list[BaseRoute]:
    """POST only; the browser comes back to the room."""
    return buttons({"type": _type, "fields": _fields})
