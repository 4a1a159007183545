"""ingest: pulls each camera once, decodes it once, and publishes its JPEG frames and its status on the bus.

The door holds the supervisor, its workers and their settings.

camera/      runs one camera in its own process
sources/     what cameras send
decoding/    coded pictures become pictures and JPEGs
demo_scene/  the picture that is shown while no camera is set
"""
