"""PostgreSQL: rows come in, domain objects go out."""
