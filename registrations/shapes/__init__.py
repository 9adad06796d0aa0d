"""The answers of registrations: each key of the contract, always sent."""
