"""Cameras over HTTP: multipart JPEG, single JPEGs that are polled, and video in a container. One client asks for all of
them. Which of the three it is follows from the answer.
"""

from services.ingest.sources.http.source import HttpSource

__all__ = ["HttpSource"]
