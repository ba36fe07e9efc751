"""What selects offer: time zones and languages."""

from functools import cache
from zoneinfo import available_timezones

#: Language tags that a profile may hold; names in the language itself.
LOCALES = (
    ("en", "English"),
    ("en-AU", "English (Australia)"),
    ("en-GB", "English (United Kingdom)"),
    ("en-IE", "English (Ireland)"),
    ("en-US", "English (United States)"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt-BR", "Português (Brasil)"),
    ("pt-PT", "Português (Portugal)"),
)
#: By ISO number.
WEEKDAYS = (
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
    (7, "Sunday"),
)
ROLES = (
    ("member", "Member: responds and configures"),
    ("viewer", "Viewer: only looks"),
    ("admin", "Administrator: runs the organisation"),
)


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Zones that people live in, as value and text; fixed offsets and old aliases are left out."""
    places = sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "SystemV/")))
    return (("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places))
