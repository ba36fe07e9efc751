"""`python -m bench.serve --batch 1`: the product as it is, with another number of alerts per commit."""

import argparse
import os

from tocsin.app import serve
from tocsin.settings import load


def main() -> None:
    """Serves until a signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=1)
    serve(load(os.environ), batch=parser.parse_args().batch)


if __name__ == "__main__":
    main()
