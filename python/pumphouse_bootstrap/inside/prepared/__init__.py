"""An interpreter that has imported dlt and waits for one run."""
