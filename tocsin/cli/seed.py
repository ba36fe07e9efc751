"""A believable company on three continents, planted through the same commands that people use.

Shared by `tocsin demo`, `make dev` and the browser tests: "Lantern", a shop that sells bicycles, with offices in
Dublin, São Paulo and Sydney.
"""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from uuid import UUID

from tocsin.catalog import commands as catalog
from tocsin.comms import commands as comms
from tocsin.kernel.db import Actor, Database, Unit
from tocsin.kernel.passwords import hash_password
from tocsin.oncall import commands as oncall
from tocsin.oncall.drafts import RotationDraft, ScheduleDraft
from tocsin.oncall.templates import Site, follow_the_sun
from tocsin.paging.drafts import PolicyDraft, StepDraft
from tocsin.paging.plans import Final
from tocsin.paging.policies import create_policy
from tocsin.people import commands as people
from tocsin.people.model import Working

PASSWORD = "lantern-demo"  # noqa: S105 - the demo company's, printed at its start
SEEDER = Actor(None, "Tocsin", "engine", "admin")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works at Lantern."""

    name: str
    zone: str
    role: str = "member"
    locale: str = "en"

    @property
    def email(self) -> str:
        first = self.name.split()[0].lower().replace("ã", "a").replace("ö", "o")
        return f"{first}@lantern.example"


PEOPLE = (
    Person("Ada Byrne", "Europe/Dublin", "admin", "en-IE"),
    Person("Niamh Walsh", "Europe/Dublin", "member", "en-IE"),
    Person("Oisín Kelly", "Europe/Dublin", "member", "en-IE"),
    Person("Beatriz Souza", "America/Sao_Paulo", "member", "pt-BR"),
    Person("João Pereira", "America/Sao_Paulo", "member", "pt-BR"),
    Person("Luiza Martins", "America/Sao_Paulo", "member", "pt-BR"),
    Person("Ben Okafor", "Australia/Sydney", "member", "en-AU"),
    Person("Mei Tanaka", "Australia/Sydney", "member", "en-AU"),
    Person("Priya Raman", "Australia/Sydney", "member", "en-AU"),
    Person("Sam Support", "Europe/Dublin", "viewer", "en-IE"),
)
#: Where people work, in the order in which the sun reaches them; and where their holidays are looked up.
SITES = (
    ("Sydney", "Australia/Sydney", time(8)),
    ("Dublin", "Europe/Dublin", time(8)),
    ("São Paulo", "America/Sao_Paulo", time(11)),
)
COUNTRIES = {
    "Australia/Sydney": ("AU", "NSW"), "Europe/Dublin": ("IE", None), "America/Sao_Paulo": ("BR", "SP"),
}  # fmt: skip
#: Team, its admin, its members.
TEAMS = (
    ("Payments", "Takes the money: checkout, cards, invoices.", ("Niamh", "Beatriz", "Ben", "João")),
    (
        "Platform",
        "Keeps the ground steady: clusters, databases, network.",
        ("Oisín", "Luiza", "Mei", "Priya"),
    ),
    ("Storefront", "What customers see: shop, search, accounts.", ("João", "Priya", "Niamh")),
)
#: Service, team, tier, description.
SERVICES = (
    ("Checkout", "Payments", 1, "Cart to paid order. When it is down, nobody can buy."),
    ("Card gateway", "Payments", 1, "Talks to the acquirers; retries and falls back between them."),
    ("Invoicing", "Payments", 3, "Monthly invoices for business customers."),
    ("Orders database", "Platform", 1, "PostgreSQL, one primary and two standbys."),
    ("Kubernetes", "Platform", 2, "The clusters in Dublin and Sydney."),
    ("Shop", "Storefront", 1, "The public web shop."),
    ("Search", "Storefront", 2, "Product search and suggestions."),
    ("Mail out", "Platform", 3, "Order confirmations and newsletters."),
)
#: Public component, the service behind it.
COMPONENTS = (
    ("Shop", "Shop", "Browsing and product pages"),
    ("Checkout", "Checkout", "Cart, payment and order confirmation"),
    ("Search", "Search", "Product search and suggestions"),
    ("Accounts", None, "Sign-in and order history"),
    ("E-mail", "Mail out", "Order confirmations"),
)


@dataclass(slots=True)
class Lantern:
    """The ids of what was planted, by name."""

    users: dict[str, UUID] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    policies: dict[str, UUID] = field(default_factory=dict)
    services: dict[str, UUID] = field(default_factory=dict)
    components: dict[str, str] = field(default_factory=dict)
    integration_keys: dict[str, str] = field(default_factory=dict)

    def actor(self, first: str) -> Actor:
        """A person as the actor of a command."""
        person = next(p for p in PEOPLE if p.name.startswith(first))
        return Actor(self.users[first], person.name, "user", person.role)


async def plant(db: Database, *, password: str = PASSWORD) -> Lantern:
    """Plants the company into an empty database, in one transaction: all of it or nothing."""
    password_hash = await hash_password(password)
    lantern = Lantern()
    async with db.unit(SEEDER, "cli") as u:
        await _people(u, lantern, password_hash)
        today = (await u.clock()).date()
        for name, _, members in TEAMS:
            await _on_call(u, lantern, name, members, today)
        await _catalog(u, lantern)
        await _status_page(u, lantern)
    return lantern


async def _people(u: Unit, lantern: Lantern, password_hash: str) -> None:
    for person in PEOPLE:
        first = person.name.split()[0]
        lantern.users[first] = await people.create_user(
            u, person.email, person.name, password_hash=password_hash, role=person.role,
            time_zone=person.zone, locale=person.locale, verified=True,
        )  # fmt: skip
        await _settle(u, lantern.actor(first), person)
    for name, description, members in TEAMS:
        lantern.teams[name] = await people.create_team(u, name, description)
        for index, first in enumerate(members):
            role = "admin" if index == 0 else "member"
            await people.add_member(u, lantern.teams[name], lantern.users[first], role)


async def _settle(u: Unit, actor: Actor, person: Person) -> None:
    """Each says themselves where they live."""
    seeder, u.actor = u.actor, actor
    country, subdivision = COUNTRIES[person.zone]
    await people.change_profile(u, person.name, person.zone, person.locale, Working(country, subdivision))
    u.actor = seeder


async def _on_call(u: Unit, lantern: Lantern, team: str, members: tuple[str, ...], today: date) -> None:
    """Payments and Platform follow the sun; Storefront has one weekly rotation."""
    monday = today - timedelta(days=today.weekday() + 28)
    users = {first: lantern.users[first] for first in members}
    layers = (
        _follow_the_sun(users, monday)
        if team != "Storefront"
        else [RotationDraft(tuple(users.values()), time(9), monday, name="Weekly")]
    )
    draft = ScheduleDraft(f"{team} on-call", "Europe/Dublin", tuple(layers), lantern.teams[team])
    schedule_id = await oncall.create_schedule(u, draft)
    lead, second = list(users.values())[:2]
    steps = (
        StepDraft.plain(0, (), (schedule_id,)),
        StepDraft.plain(300, (), (schedule_id,)),
        StepDraft.plain(600, (lead, second)),
    )
    policy = PolicyDraft(team, steps, Final(lantern.teams[team]), lantern.teams[team], 2, 600)
    lantern.policies[team] = await create_policy(u, policy)


def _follow_the_sun(users: dict[str, UUID], monday: date) -> list[RotationDraft]:
    """Everybody by weeks below; above, each site from its own morning until the next one's."""
    zones = {p.name.split()[0]: p.zone for p in PEOPLE}
    sites = [
        Site(name, zone, begins, there)
        for name, zone, begins in SITES
        if (there := tuple(user for first, user in users.items() if zones[first] == zone))
    ]
    everybody = RotationDraft(tuple(users.values()), time(9), monday, name="Everybody")
    return [everybody, *follow_the_sun(sites, monday)]


async def _catalog(u: Unit, lantern: Lantern) -> None:
    for name, team, tier, description in SERVICES:
        lantern.services[name] = await catalog.create_service(
            u, name, description=description, tier=tier, team_id=lantern.teams[team],
            escalation_policy_id=lantern.policies[team],
            runbook_url=f"https://runbooks.lantern.example/{name.lower().replace(' ', '-')}",
        )  # fmt: skip
    for title, form, service in (
        ("Prometheus", "alertmanager", "Kubernetes"),
        ("Synthetic checks", "generic", "Shop"),
        ("Old monitoring", "opsgenie", "Orders database"),
    ):
        made = await catalog.create_integration(u, title, format=form, service_id=lantern.services[service])
        lantern.integration_keys[title] = str(made["key"])
    for name in lantern.services:
        value = name.lower().replace(" ", "-")
        await catalog.add_route(u, label="service", value=value, service_id=lantern.services[name])


async def _status_page(u: Unit, lantern: Lantern) -> None:
    await comms.change_status_page(
        u, name="Lantern Status", description="How Lantern's shop is doing.", time_zone="Europe/Dublin"
    )
    for name, service, description in COMPONENTS:
        service_id = lantern.services[service] if service else None
        lantern.components[name] = await comms.create_component(
            u, name, description=description, service_id=service_id
        )
