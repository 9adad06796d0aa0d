"""What organisers take out of the system."""

from submissions.exports.work import Export

__all__ = ["Export"]
