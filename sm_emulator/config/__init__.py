"""Settings: where they come from, what they may be, and what is wrong with them."""
