"""
The first code in the run's interpreter: imports dlt cheaply, runs the launcher, and ends the process early.

Standard library only, for every Python version that dlt supports: the interpreter is the environment's.
"""
