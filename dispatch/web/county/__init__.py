"""The pages of administrators: imports, rules, people."""
