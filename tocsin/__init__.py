"""Tocsin: incident response that a team hosts itself."""
