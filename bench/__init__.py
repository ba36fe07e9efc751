"""Benchmarks: `make bench` runs all, `python -m bench.intake` and `python -m bench.handover` one each."""
