"""The rules of the rally as pure functions, written once for both engines: scalars and arrays alike."""
