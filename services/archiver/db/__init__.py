"""The database: tables, queries, and the work that keeps rows and files in step."""
