"""The explorer: runs a program under one schedule after another until one breaks it, or none is left."""
