"""Pictures as their owner wants them: parts hidden, cropped, turned, with text. `appearance.py` puts it together.

The options are plain Python, because the parent of the cameras reads them and loads nothing that decodes.
"""
