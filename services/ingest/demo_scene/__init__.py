"""The picture that Framecast shows while no camera is set: a lake, a garden, and a day that passes in five minutes.

Owns the drawing and nothing else: no thread, no clock, no file. The caller names the instant that a frame shows.
"""

from services.ingest.demo_scene.scene import DemoScene

__all__ = ["DemoScene"]
