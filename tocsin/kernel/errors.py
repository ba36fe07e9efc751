"""The few errors that the domain raises; the edge turns each into a status and a sentence."""


class TocsinError(Exception):
    """Base of all expected errors. `str(error)` is a sentence that may be shown to the person who asked."""


class NotFound(TocsinError):
    """The thing does not exist, or the asker may not know that it does."""


class Forbidden(TocsinError):
    """The actor is known and may not do this."""


class NotSignedIn(TocsinError):
    """Nobody is signed in, and this needs somebody."""


class Invalid(TocsinError):
    """Input is refused whole. `field` is the name of the input as the door knows it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Conflict(TocsinError):
    """Somebody else changed it first, or it already is so. Nothing was saved."""


class Throttled(TocsinError):
    """Too many tries; `after` is the number of seconds to wait."""

    def __init__(self, sentence: str, after: int) -> None:
        super().__init__(sentence)
        self.after = after


class Unavailable(TocsinError):
    """The database cannot answer now; the same request may be sent again after `after` seconds."""

    def __init__(
        self, sentence: str = "The database cannot be reached. Try again in a moment.", after: int = 2
    ) -> None:
        super().__init__(sentence)
        self.after = after
