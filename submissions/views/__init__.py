"""The API of submissions: work that is handed in, its judging, its results."""
