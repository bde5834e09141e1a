"""What the pages take from others: the versions, and how they are brought."""
