"""`tocsin`, and `python -m tocsin`.

The one module that imports late: a command that asks a server must not wait for all that a server is made of.
"""

import typer

from tocsin.cli import main as cli


def main() -> None:
    """The command line: what asks a server is there, the rest is loaded when it is named."""
    cli.run(on_this_machine, serving)


def on_this_machine() -> typer.Typer:
    """Commands that need the database."""
    from tocsin.cli import machine  # noqa: PLC0415 - see above

    return machine.build()


def serving() -> typer.Typer:
    """Commands that need everything."""
    from tocsin.app import serve  # noqa: PLC0415 - see above
    from tocsin.cli import serving  # noqa: PLC0415 - see above

    return serving.build(serve)


if __name__ == "__main__":
    main()
