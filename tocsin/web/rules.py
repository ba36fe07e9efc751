"""When which contact method is used, on "How I am reached"; verifying, testing and removing methods, on the profile."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, redirect
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.paging.commands import confirm_test, test_page
from tocsin.people import reach
from tocsin.web.buttons import button, oneself
from tocsin.web.own import HERE
from tocsin.web.reached import HERE as REACHED
from tocsin.web.reached import reached_page

RULES = f"{REACHED}#rules"


async def page_me(request: Request) -> Response:
    """A harmless message over one contact method, now; the page shows what becomes of it."""
    form = await read_form(request)
    async with act(request, form) as u:
        delivery_id = await test_page(u, form.needed_id("method_id"))
    return redirect(request, f"{HERE}?test={delivery_id}#test")


async def _arrived(u: Unit, form: Form) -> None:
    await confirm_test(u, form.needed_id("delivery_id"))


async def add_rule(request: Request) -> Response:
    """After so many minutes, this contact method."""
    form = await read_form(request)
    try:
        urgency = form.choice("urgency", ("high", "low"))
        delay = form.whole("delay", least=0, most=1440, default=0) * 60
        async with act(request, form) as u:
            await reach.add_rule(u, oneself(u), urgency, form.needed_id("method"), delay)
    except Invalid as error:
        return await reached_page(request, form, {error.field: str(error)})
    return redirect(request, RULES, "Added. The rules are your own now.")


async def _remove_rule(u: Unit, form: Form) -> None:
    await reach.remove_rule(u, oneself(u), form.needed_id("rule_id"))


async def _make_own(u: Unit, _: Form) -> None:
    await reach.make_rules_own(u, oneself(u))


async def _use_defaults(u: Unit, _: Form) -> None:
    await reach.use_default_rules(u, oneself(u))


async def _remove_method(u: Unit, form: Form) -> None:
    await reach.remove_contact_method(u, oneself(u), form.needed_id("method_id"))


async def _verify_method(u: Unit, form: Form) -> None:
    await reach.ask_verification(u, oneself(u), form.needed_id("method_id"))


def routes() -> list[BaseRoute]:
    """Buttons of one's own profile."""
    methods = f"{HERE}#reach"
    verified = "A link is on its way. Follow it to verify that it arrives."
    posts = {
        "/methods/remove": button(_remove_method, back=methods, said="Removed."),
        "/methods/verify": button(_verify_method, back=methods, said=verified),
        "/methods/test": page_me,
        "/methods/arrived": button(_arrived, back=f"{HERE}#test", said="Good: this contact method works."),
        "/rules": add_rule,
        "/rules/remove": button(_remove_rule, back=RULES, said="Removed. The rules are your own now."),
        "/rules/own": button(_make_own, back=RULES, said="The rules are your own now, and stay as they are."),
        "/rules/defaults": button(
            _use_defaults, back=RULES, said="The defaults are used. They follow your contact methods."
        ),
    }
    return [page(HERE + path, endpoint, who=Who.VIEWER, methods=["POST"]) for path, endpoint in posts.items()]
