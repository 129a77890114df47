"""The ingress socket: forwards connections from outside an isolated network to ports inside it."""
