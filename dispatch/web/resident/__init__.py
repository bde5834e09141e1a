"""The pages of residents: file, follow, rate."""
