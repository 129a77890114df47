"""The package store: files of packages by the hash of their content, linked into environments that nothing can write."""
