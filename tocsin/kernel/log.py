"""Logging: one line per event on standard error, JSON for machines or columns for people, without secrets."""

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from tocsin.kernel.redact import HIDDEN, is_secret_name, redact

_UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
_DEPTH = 6
# In a path: long parts with a digit are keys and tokens, except UUIDs of version 7, which are plain row ids.
_KEY_IN_PATH = re.compile(
    r"(?<=/)(?![0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}(?:/|$))(?=[^/]*\d)[A-Za-z0-9_.~-]{20,}"
)


def set_up(
    level: Literal["info", "debug"] = "info",
    style: Literal["auto", "json", "console"] = "auto",
    stream: TextIO | None = None,
) -> None:
    """Routes structlog, the standard library and Uvicorn to one handler; start Uvicorn with log_config=None.

    May be called again. `stream` is standard error unless given.
    """
    out = stream or sys.stderr
    console = style == "console" or (style == "auto" and out.isatty())
    number = logging.DEBUG if level == "debug" else logging.INFO
    shared = _shared()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_rendering(console=console, colors=console and out.isatty())
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    _adopt_uvicorn()


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Stands at the head of a module as `log`; events are a few constant words, facts are keyword arguments."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Processor: values under secret names are hidden, texts lose tokens and all of a URL behind the host."""
    return {name: _clean(name, value, _DEPTH) for name, value in event.items()}


class AccessFilter(logging.Filter):
    """Takes the query string, and keys that stand in the path, out of Uvicorn's access records."""

    def filter(self, record: logging.LogRecord) -> bool:
        match record.args:
            case (client, method, str(path), *rest):
                record.args = (client, method, visible_path(path), *rest)
        return True


def visible_path(path: str) -> str:
    """The part of a request path that may be logged."""
    return _KEY_IN_PATH.sub(HIDDEN, path.partition("?")[0])


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(*, console: bool, colors: bool) -> list[Processor]:
    """Tracebacks become text first, so that they are cleaned like everything else."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
        if console
        else structlog.processors.JSONRenderer()
    )
    return [
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        hide_secrets,
        renderer,
    ]


def _adopt_uvicorn() -> None:
    for name in _UVICORN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    access = logging.getLogger("uvicorn.access")
    for old in [each for each in access.filters if isinstance(each, AccessFilter)]:
        access.removeFilter(old)
    access.addFilter(AccessFilter())


def _clean(name: str, value: object, depth: int) -> object:
    if is_secret_name(name):
        return HIDDEN
    if isinstance(value, str):
        return redact(value)
    if depth == 0:
        return redact(repr(value))
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), each, depth - 1) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_clean("", each, depth - 1) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else redact(str(value))
