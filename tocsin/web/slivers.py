"""Shifts too short to be read are drawn together: those of a day, in a quarter those of a week. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from tocsin.web.timeline import Frame, Piece

#: In percent of a whole page's lane: some twelve pixels.
NARROW = 1.5


def grouped(frame: Frame, pieces: Iterable[Piece], scale: float = 1.0) -> tuple[Piece, ...]:
    """The pieces of a lane in order, runs of narrow ones as one. A hole stays a hole, however short it is. `scale` is how
    wide the lane is drawn, 1 for a whole page."""
    return tuple(_grouped(frame, pieces, NARROW / scale))


def _grouped(frame: Frame, pieces: Iterable[Piece], narrow: float) -> Iterator[Piece]:
    run: list[Piece] = []
    for piece in pieces:
        fits = piece.user_id is not None and piece.width < narrow
        if run and not (fits and _together(frame, run[-1], piece)):
            yield _one(run)
            run = []
        if fits:
            run.append(piece)
        else:
            yield piece
    if run:
        yield _one(run)


def _together(frame: Frame, one: Piece, two: Piece) -> bool:
    return one.ends_at == two.starts_at and _day(frame, one) == _day(frame, two) and one.past == two.past


def _day(frame: Frame, piece: Piece) -> date:
    day = frame.day_of(piece.starts_at)
    return day - timedelta(days=day.weekday()) if frame.view == "quarter" else day


def _one(run: list[Piece]) -> Piece:
    first, last = run[0], run[-1]
    if len(run) == 1:
        return first
    names = tuple(dict.fromkeys(p.name for p in run))
    width = round(last.x + last.width - first.x, 3)
    if len(names) == 1:
        return replace(first, ends_at=last.ends_at, width=width, shift_ends_at=last.shift_ends_at)
    return Piece(
        None, f"{len(names)} people", first.starts_at, last.ends_at, first.x, width,
        override=any(p.override for p in run), past=last.past, parts=tuple(run),
    )  # fmt: skip
