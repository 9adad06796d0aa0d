"""An event to look at and try things on: people, competitions, teams, files."""
