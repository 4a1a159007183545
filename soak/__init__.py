"""The soak: the real services for hours, with cameras and viewers that come and go. Does anything grow?"""
