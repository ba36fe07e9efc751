"""The append-only record: streams, entries, kinds."""
