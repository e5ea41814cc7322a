"""The wire: requests and outcomes, AWS JSON 1.1 and REST JSON, callers, and the steps of a request."""
