"""The sampler: many chains at once, one room for each block of unknowns."""
