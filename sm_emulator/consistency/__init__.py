"""The `consistency` table: presets, validation, and the store rules built from it."""
