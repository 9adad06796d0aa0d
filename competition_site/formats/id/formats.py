"""Dates as the admin shows them, with the name of their time zone."""

DATETIME_FORMAT = "j M Y, H:i T"
