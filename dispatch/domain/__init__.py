"""The pure core: words, tables and decisions; no I/O."""
