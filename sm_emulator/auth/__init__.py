"""Whether a request is signed by whom it says, as AWS's Signature Version 4 has it."""

from sm_emulator.auth.credentials import SECRET, Credential, credentials_of
from sm_emulator.auth.verifier import Verify, skip_verification, verifier

__all__ = ["SECRET", "Credential", "Verify", "credentials_of", "skip_verification", "verifier"]
