"""How often each client tries one call under each fault, as the emulator's journal tells."""
