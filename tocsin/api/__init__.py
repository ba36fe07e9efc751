"""JSON interfaces: our own and the imitated ones."""
