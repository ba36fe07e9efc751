"""Reading forms: each getter answers a clean value or raises `Invalid` with the field's name."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.requests import Request

from tocsin.kernel.errors import Invalid, NotFound

MAX_FIELDS = 300
#: An imported calendar, sent again after a look; the limit of the whole body is the bound.
LARGEST_FIELD = 2_500_000


class Form(Mapping[str, str]):
    """The text fields of a form or query; the last value of a repeated field, all of them by `all`."""

    def __init__(self, items: Sequence[tuple[str, str]]) -> None:
        self._items = [(k, v.replace("\x00", "")) for k, v in items]
        self._last = dict(self._items)

    def __getitem__(self, name: str) -> str:
        return self._last[name]

    def __iter__(self):  # type: ignore[no-untyped-def] # noqa: ANN204 - as Mapping declares it
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def all(self, name: str) -> list[str]:
        """Every value of a repeated field, blanks left out."""
        return [v.strip() for k, v in self._items if k == name and v.strip()]

    def text(self, name: str, *, most: int = 300, needed: bool = False, label: str | None = None) -> str:
        """Stripped text of at most `most` characters."""
        value = self._last.get(name, "").strip().replace("\r\n", "\n")
        if needed and not value:
            raise Invalid(name, f"{label or _words(name)} is needed.")
        if len(value) > most:
            raise Invalid(name, f"{label or _words(name)} is too long: {len(value)} characters, {most} fit.")
        return value

    def lines(self, name: str, *, most: int = 20, length: int = 500) -> tuple[str, ...]:
        """A text area with one item per line; bullets that people type in front are dropped."""
        items = tuple(
            x
            for x in (
                line.strip().lstrip("-*• ").strip() for line in self.text(name, most=20_000).split("\n")
            )
            if x
        )
        if len(items) > most or any(len(item) > length for item in items):
            raise Invalid(name, f"{_words(name)}: at most {most} lines of {length} characters.")
        return items

    def whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number in a range."""
        value = self._last.get(name, "").strip()
        if not value and default is not None:
            return default
        if not value.lstrip("-").isdigit() or not least <= int(value) <= most:
            raise Invalid(name, f"{_words(name)} must be a whole number from {least} to {most}.")
        return int(value)

    def choice(self, name: str, options: Sequence[str], *, default: str | None = None) -> str:
        """One of the options."""
        value = self._last.get(name, "").strip()
        if not value and default is not None:
            return default
        if value not in options:
            raise Invalid(name, f"{_words(name)} must be one of: {', '.join(options)}.")
        return value

    def id(self, name: str) -> UUID | None:
        """An id, or None when the field is empty."""
        value = self._last.get(name, "").strip()
        try:
            return UUID(value) if value else None
        except ValueError:
            raise Invalid(name, f"{_words(name)} is not known.") from None

    def needed_id(self, name: str) -> UUID:
        """An id that must be given."""
        value = self.id(name)
        if value is None:
            raise Invalid(name, f"{_words(name)} is needed.")
        return value

    def moment(self, name: str, zone: str) -> datetime | None:
        """A local date and time in the viewer's zone, as `datetime-local` sends it; None when empty."""
        value = self._last.get(name, "").strip()
        try:
            return datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(zone)) if value else None
        except ValueError:
            raise Invalid(name, f"{_words(name)} is not a date and time.") from None

    def day(self, name: str) -> date | None:
        """A date, or None when empty."""
        value = self._last.get(name, "").strip()
        try:
            found = date.fromisoformat(value) if value else None
        except ValueError:
            raise Invalid(name, f"{_words(name)} is not a date.") from None
        if found is not None and not 1900 <= found.year <= 2200:
            raise Invalid(name, f"{_words(name)} must lie between 1900 and 2200.")
        return found

    def flag(self, name: str) -> bool:
        """A checkbox."""
        return self._last.get(name, "") not in ("", "0", "off", "false")

    @property
    def request_key(self) -> str | None:
        """The idempotency key that the page put into the form."""
        return self._last.get("request_key", "")[:100] or None


async def read_form(request: Request, *, most: int = MAX_FIELDS) -> Form:
    """The fields of a posted form, at most so many. Files are not for here."""
    data = await request.form(max_files=0, max_fields=most, max_part_size=1_000_000)
    return Form([(k, v) for k, v in data.multi_items() if isinstance(v, str)])


async def read_upload(request: Request, field: str, *, most: int) -> tuple[Form, str]:
    """The fields of a posted form with one small text file, and that file's text; empty when none was chosen. Raises
    `Invalid` for a larger one."""
    data = await request.form(max_files=1, max_part_size=LARGEST_FIELD)  # Read already, for the form token.
    form = Form([(k, v) for k, v in data.multi_items() if isinstance(v, str)])
    file = data.get(field)
    if not isinstance(file, UploadFile):
        return form, ""
    content = await file.read(most + 1)
    await file.close()
    if len(content) > most:
        raise Invalid(field, f"The file is too large: {most // 1_000_000} MB fit.")
    return form, content.decode("utf-8-sig", "replace")


def chosen(file: object, field: str = "file") -> UploadFile:
    """The file that a form has in this field. Raises `Invalid` when none was chosen."""
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid(field, "Choose a file.")
    return file


def read_query(request: Request) -> Form:
    """The query string, read the same way."""
    return Form(request.query_params.multi_items())


def path_id(request: Request, name: str, sentence: str) -> UUID:
    """The id at this place of the address. What is no id names nothing: raises `NotFound` with the sentence."""
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise NotFound(sentence) from None


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
