"""Verification of requests signed with AWS's Signature Version 4."""
