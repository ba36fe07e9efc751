"""Pages as a direct message in Matrix, from a bot of the operator's; a reaction or the answer "ack" acknowledges.

https://spec.matrix.org/v1.11/client-server-api/. `server` asks the homeserver, `rooms` finds the room that the bot has with
a person, `answers` reads what comes back, `way` is the transport.
"""

from tocsin.integrations.matrix.way import INFO, Matrix

__all__ = ["INFO", "Matrix"]
