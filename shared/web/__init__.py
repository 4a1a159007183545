"""What the HTTP services share. FastAPI and uvicorn are allowed here; ingest may not import it."""
