"""The picture Framecast shows while no camera is set: a lake, a garden, and a day that passes in five minutes.

Owns the drawing and nothing else: no thread, no clock, no file. Whoever asks for a frame says for which instant.
"""

from services.ingest.demo_scene.scene import DemoScene

__all__ = ["DemoScene"]
