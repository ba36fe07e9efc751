"""Postmortems, actions, insight, search."""
