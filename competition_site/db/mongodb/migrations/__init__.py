"""Migrations of Django's own apps whose keys are ObjectIds on MongoDB."""
