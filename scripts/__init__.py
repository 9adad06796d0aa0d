"""Starting, testing and checking this repository. Not part of the API."""
