"""Verification of requests signed with AWS's Signature Version 4."""

from sm_emulator.auth.verifier import (
    SECRET,
    Credential,
    Verify,
    credentials_of,
    skip_verification,
    verifier,
)

__all__ = ["SECRET", "Credential", "Verify", "credentials_of", "skip_verification", "verifier"]
