"""
Steps before user code writes with a pipeline of dlt.

Loaded by environment_hooks/pumphouse_pipelines.py under a private name, in any Python that dlt supports, so it imports
only the standard library and itself, relatively. dlt is never imported here: the process has imported it.
"""
