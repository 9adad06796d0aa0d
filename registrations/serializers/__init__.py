"""The bodies and filters of registrations: what a client may write."""
