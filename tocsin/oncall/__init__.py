"""Rotations, overrides and shifts: who is on call, and when."""
