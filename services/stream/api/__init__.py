"""The endpoints of stream."""
