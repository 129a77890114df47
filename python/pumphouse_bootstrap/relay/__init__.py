"""Carries connections to ports of the loopback of a container, by its standard input and output."""
