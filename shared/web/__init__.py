"""What the HTTP services share: server, access, limits. It uses FastAPI and uvicorn; ingest must not import it."""
