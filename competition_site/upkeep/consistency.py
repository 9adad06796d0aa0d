"""The checks that every app has a part in: stored files and references."""

from competition_site.upkeep import files, references

__all__ = ["files", "references"]
