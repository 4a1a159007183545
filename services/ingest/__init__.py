"""ingest: pulls each camera once, decodes once, and publishes JPEG frames and the camera's status on the bus."""
