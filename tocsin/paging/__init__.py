"""Escalations, deliveries and their ledger."""
