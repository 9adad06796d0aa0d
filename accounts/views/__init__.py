"""The API of accounts: logging in, and people."""
