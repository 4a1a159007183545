"""The rows: tables, queries, and what keeps them in step with the files."""
