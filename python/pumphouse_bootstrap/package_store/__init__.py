"""The package store: package files named by the hash of their content, linked into read-only environments."""
