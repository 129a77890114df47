"""
Locks on the database files of a workspace's local data, for user code that opens them.

Loaded by environment_hooks/pumphouse_database_locks.py under a private name, in any Python that dlt supports, so it
imports only the standard library and itself, relatively.
"""
