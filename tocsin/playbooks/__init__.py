"""Checklists and drills."""
