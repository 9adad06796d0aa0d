"""What Django promises, operation by operation, asked of each engine."""
