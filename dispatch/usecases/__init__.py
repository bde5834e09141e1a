"""One subject a file: load, decide, save."""
