"""What one asks of many rallies."""
