"""The edge: the only package with Flask, sockets and threads."""
