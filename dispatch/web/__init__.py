"""The pages: templates, what they say about the API in two languages, and static files."""
