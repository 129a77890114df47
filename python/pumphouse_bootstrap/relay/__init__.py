"""The relay: forwards connections to loopback ports of a container over its standard input and output."""
