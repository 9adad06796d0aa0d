"""The answers of submissions: each key of the contract, always sent."""
