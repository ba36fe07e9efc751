"""Shift handover, readiness and fatigue."""
