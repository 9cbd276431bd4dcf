"""The sampler: many chains at once, one module for each block of unknowns."""
