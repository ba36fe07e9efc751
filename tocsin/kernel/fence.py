"""A fence around code of others that opens connections by itself: what it may reach, decided where it connects.

Python tells its audit hooks of every connection, program and file before it happens; a hook that raises prevents it. Only
the thread inside the fence is held to it. It does not stop code that wants out: it keeps an honest library from being led
astray by an address, a redirect or a name that changes.
"""

import os.path
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tocsin.kernel.addresses import is_public, parse
from tocsin.settings import PrivateTargets

_CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_STARTS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"}
)
#: Code, certificates and time zones; anything else on this machine is none of its business.
_READABLE = (f"{sys.prefix}/", f"{sys.base_prefix}/", "/usr/share/zoneinfo/", "/usr/lib/python3", "/dev/null")
_inside = threading.local()


class OutOfBoundsError(OSError):
    """Something was about to be reached that must not be."""


@contextmanager
def fence(private: PrivateTargets) -> Iterator[list[str]]:
    """Within it, this thread reaches the public internet and what the operator allows, reads no files of this machine
    but code, and starts nothing. Whatever loads late must have been loaded before.

    Gives the list of what was refused: a library may swallow the error.
    """
    refused: list[str] = []
    _inside.rules = (private, refused)
    try:
        yield refused
    finally:
        _inside.rules = None


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" and event not in _CONNECTS and event not in _STARTS:
        return
    rules = getattr(_inside, "rules", None)
    if rules is None:
        return
    private, refused = rules
    if event == "open":
        path = arguments[0]
        if isinstance(path, (str, bytes)) and not os.path.realpath(os.fsdecode(path)).startswith(_READABLE):
            raise OutOfBoundsError("This file is none of its business.")
    elif event in _STARTS or not _may_reach(private, arguments):
        refused.append(event)
        raise OutOfBoundsError("This address is private, and the operator has not allowed it.")


def _may_reach(private: PrivateTargets, arguments: tuple[object, ...]) -> bool:
    target = arguments[1] if len(arguments) > 1 else None
    if not isinstance(target, tuple) or not target:
        return False  # A socket in the file system, or none that is known.
    address = parse(str(target[0]))
    return address is not None and (is_public(address) or private.allows_address(address))


sys.addaudithook(_hook)
