"""What runs inside the sandbox before user code: becomes the run's user, unpacks its files, starts its launcher."""
