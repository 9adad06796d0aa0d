"""Competitions in the admin."""

from registrations.admin.competitions.pages import TIMES, CompetitionPage

__all__ = ["TIMES", "CompetitionPage"]
