"""The errors that cross module borders, each named for what its catcher does about it."""


class FramecastError(Exception):
    """Base of all errors that Framecast raises on purpose."""


class ConfigurationError(FramecastError):
    """Raised when a setting can't be used. The service prints the one line and exits with code 2."""


class MessageDecodeError(FramecastError):
    """Raised when a bus message is not what the wire format says. The receiver drops and counts it."""
