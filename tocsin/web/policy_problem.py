"""Where in the form of an escalation policy a problem stands: at its step, and at the field that has to change."""

import re
from collections.abc import Sequence

from tocsin.kernel.errors import Invalid
from tocsin.web.policy_form import Step

_NUMBERED = re.compile(r"^Step (\d+)")
#: Words of a sentence, and the field of a step that it is about; whom the step pages is the last resort.
_FIELDS = (
    ("must start", "minutes"), ("minutes", "minutes"), ("time zone", "zone"), ("at least one day", "days"),
    ("working hours", "from"), ("priorit", "priorities"), (" tags", "tags"), ("channel", "n0-name"),
)  # fmt: skip


def placed(error: Invalid, steps: Sequence[Step]) -> dict[str, str]:
    """The error under the id of its field (without `f-`). Saving leaves steps without anybody out, and counts without them."""
    field, said = error.field.removesuffix("_s"), str(error)
    numbered = _NUMBERED.match(said)
    if field != "steps" or numbered is None:
        return {field: said}
    number, rest = int(numbered[1]), said[numbered.end() :]
    filled = [n for n, step in enumerate(steps) if step["targets"] or step["new"]]
    index = filled[number - 1] if 0 < number <= len(filled) else 0
    name = next((name for words, name in _FIELDS if words in rest), "add")
    if name == "n0-name" and not steps[index]["new"]:
        name = "add"
    return {f"s{index}-{name}": f"Step {index + 1}{rest}"}
