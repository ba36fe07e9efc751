"""Signing in and out, and the links that work once: set-up, invitation, password reset, verification."""

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, read_form, redirect, render, site_of, viewer_of
from tocsin.edge.session import cookie_name, end_session, set_session
from tocsin.kernel.errors import Forbidden, Invalid, NotFound, Throttled
from tocsin.kernel.passwords import hash_password
from tocsin.people import commands, queries, sign_in
from tocsin.people.model import Link, Purpose, password_problem


def safe_next(target: str) -> str:
    """Only a path of our own: never another site's address."""
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if ours else "/"


def address_of(request: Request) -> str:
    """The client's address, as far as it is believed."""
    return request.client.host if request.client else ""


async def show(request: Request) -> Response:
    """The sign-in form."""
    viewer = await viewer_of(request)
    target = safe_next(request.query_params.get("next", "/"))
    if viewer.signed_in:
        return RedirectResponse(target, 303)
    if not await queries.any_user(site_of(request).database):
        return await render(request, "sign_in/nobody.html")
    return await _form(request, target, "", {})


async def submit(request: Request) -> Response:
    """Checks the password, slowly and not too often."""
    form = await read_form(request)
    target, email = safe_next(form.get("next", "/")), form.text("email", most=254)
    try:
        user_id = await sign_in.check_password(
            site_of(request).database, email, form.get("password", ""), address_of(request)
        )
    except (Forbidden, Throttled) as error:
        status = 429 if isinstance(error, Throttled) else 403
        response = await _form(request, target, email, {"password": str(error)}, status)
        if isinstance(error, Throttled):
            response.headers["retry-after"] = str(error.after)
        return response
    return await _welcome(request, user_id, target)


async def _form(
    request: Request, target: str, email: str, errors: dict[str, str], status: int = 200
) -> Response:
    context = {"next": target, "email": email, "errors": errors}
    return await render(request, "sign_in/sign_in.html", context, status=status)


async def _welcome(request: Request, user_id: UUID, target: str, flash: str | None = None) -> Response:
    """Gives the browser a new session; an old one of this browser ends."""
    site = site_of(request)
    async with act(request) as u:
        old = request.cookies.get(cookie_name(site))
        if old:
            await sign_in.sign_out(u, old)
        agent = request.headers.get("user-agent", "")
        value = await sign_in.sign_in(u, user_id, address=address_of(request), user_agent=agent)
    response = redirect(request, target, flash)
    set_session(response, site, value)
    return response


async def sign_out(request: Request) -> Response:
    """Ends this browser's session."""
    site = site_of(request)
    async with act(request) as u:
        await sign_in.sign_out(u, request.cookies.get(cookie_name(site), ""))
    response = redirect(request, "/sign-in", "You are signed out.")
    end_session(response, site)
    return response


async def set_up_form(request: Request) -> Response:
    """The first administrator's form, behind the link that the first start prints."""
    await _link(request, Purpose.SETUP)
    return await _set_up_page(request, {}, {})


async def set_up(request: Request) -> Response:
    """Makes the first administrator and signs them in."""
    await _link(request, Purpose.SETUP)
    form = await read_form(request)
    try:
        password = await hash_password(_password(form))
        async with act(request) as u:
            user_id = await sign_in.set_up(
                u, request.path_params["token"], form.text("email", most=254, needed=True, label="E-mail"),
                form.text("name", most=100, needed=True), password, form.text("time_zone", most=60) or "UTC",
            )  # fmt: skip
    except Invalid as error:
        return await _set_up_page(request, dict(form), {error.field: str(error)})
    return await _welcome(
        request, user_id, "/", "Welcome. Next: a service, who is on call for it, and an integration."
    )


async def _set_up_page(request: Request, values: dict[str, Any], errors: dict[str, str]) -> Response:
    context = {"values": values, "errors": errors, "zones": sorted(available_timezones())}
    return await render(request, "sign_in/set_up.html", context, status=422 if errors else 200)


async def password_form(request: Request) -> Response:
    """Behind an invitation or a reset link: choose a password. Opening it uses nothing up."""
    return await _password_page(request, await _link(request, _purpose(request)), {})


async def set_password(request: Request) -> Response:
    """Sets the password and signs in."""
    purpose = _purpose(request)
    link = await _link(request, purpose)
    form = await read_form(request)
    try:
        password = await hash_password(_password(form))
    except Invalid as error:
        return await _password_page(request, link, {error.field: str(error)})
    async with act(request) as u:
        user_id = await sign_in.set_password(u, request.path_params["token"], purpose, password)
    return await _welcome(request, user_id, "/", "Your password is set.")


async def _password_page(request: Request, link: Link, errors: dict[str, str]) -> Response:
    context = {"link": link, "errors": errors}
    return await render(request, "sign_in/password.html", context, status=422 if errors else 200)


def _purpose(request: Request) -> Purpose:
    return Purpose.INVITATION if request.url.path.startswith("/invitation/") else Purpose.RESET


async def forgot_form(request: Request) -> Response:
    """Asks for the address to send a link to."""
    return await render(request, "sign_in/forgot.html", {"sent": False})


async def forgot(request: Request) -> Response:
    """The answer is the same whether there is such an account."""
    form = await read_form(request)
    async with act(request) as u:
        await commands.ask_reset(u, form.text("email", most=254))
    return await render(request, "sign_in/forgot.html", {"sent": True})


async def verify_form(request: Request) -> Response:
    """One button, so that a mail scanner's visit proves nothing."""
    await _link(request, Purpose.VERIFICATION)
    return await render(request, "sign_in/verify.html", {"done": False})


async def verify(request: Request) -> Response:
    """The contact method reaches its person."""
    async with act(request) as u:
        await sign_in.verify(u, request.path_params["token"])
    return await render(request, "sign_in/verify.html", {"done": True})


async def _link(request: Request, purpose: Purpose) -> Link:
    found = await queries.link(site_of(request).database, request.path_params["token"])
    if found is None or found.purpose is not purpose:
        raise NotFound("This link was used already, or is too old. Ask for a new one.")
    return found


def _password(form: Form) -> str:
    password = form.get("password", "")
    if problem := password_problem(password):
        raise Invalid("password", problem)
    if "password_again" in form and form["password_again"] != password:
        raise Invalid("password_again", "The two passwords differ.")
    return password


def routes() -> list[BaseRoute]:
    """For people who are not signed in yet."""
    anyone, link, post = Who.ANYONE, Who.SIGNED_LINK, ("POST",)
    return [
        page("/sign-in", show, who=anyone),
        page("/sign-in", submit, who=anyone, methods=post),
        page("/sign-out", sign_out, who=Who.VIEWER, methods=post),
        page("/set-up/{token}", set_up_form, who=link),
        page("/set-up/{token}", set_up, who=link, methods=post),
        *(page(f"/{name}/{{token}}", password_form, who=link) for name in ("invitation", "reset")),
        *(
            page(f"/{name}/{{token}}", set_password, who=link, methods=post)
            for name in ("invitation", "reset")
        ),
        page("/forgot", forgot_form, who=anyone),
        page("/forgot", forgot, who=anyone, methods=post),
        page("/verify/{token}", verify_form, who=link),
        page("/verify/{token}", verify, who=link, methods=post),
    ]
