"""Starts, records and ends one attempt of a job run. The contract is docs/contribute/attempt-protocol.md."""
