"""Agents, supervisors and administrators: console, presence, floor, figures, administration."""
