"""Load packages that an earlier attempt left: found, taken over and finished before a pipeline writes anew (decision 0083)."""
