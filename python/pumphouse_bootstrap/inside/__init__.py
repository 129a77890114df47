"""
The stage inside the sandbox before user code: switches to the run's user, unpacks its files, starts its
launcher.
"""
