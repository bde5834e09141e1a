"""The API: decode, call, encode."""
