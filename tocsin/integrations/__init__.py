"""Integrations, one file each."""
