"""What a crew should do where it breaks down: computed before the start of a stage, for the co-driver."""
