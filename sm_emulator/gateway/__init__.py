"""The request lifecycle on one page, without sockets, threads or clocks."""
