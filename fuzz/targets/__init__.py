"""The targets: one module for each reader of what strangers send.

A target has `read`, which takes an input, and `HANDLED`, the errors that the reader's callers catch by name. Its
docstring says who sends such bytes. `MAX_BYTES` is there where an input may need more than 4 KiB.
"""
