"""The bodies and filters of submissions: what a client may write."""
