"""A replicated store whose replicas see a write late. It knows keys and opaque values, not AWS."""
