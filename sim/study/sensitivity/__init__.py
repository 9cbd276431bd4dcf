"""What an outcome depends on: parameters one at a time, together, and against luck."""
