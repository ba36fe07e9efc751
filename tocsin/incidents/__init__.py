"""Incidents: roles, status, severity, claims, decisions, updates."""
