"""Passwords, by argon2id. Two at a time at most: each takes 64 MB and a core while it runs."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    """The text to store; different for the same password each time."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, _normal(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password fits. None (no such account) takes as long as a wrong password, and is False."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, stored, _normal(password))


def needs_rehash(stored: str) -> bool:
    """Whether the parameters have become stronger since; hash again at the next successful sign-in."""
    return _hasher.check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    """The same password typed on different keyboards arrives as different code points."""
    return unicodedata.normalize("NFKC", password)
