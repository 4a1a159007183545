"""A camera's exchange with us, recorded to be sent to somebody who can play it again.

tap.py         stands between us and the camera, and keeps what passes
scrub.py       takes out what nobody else should know
recording.py   the file
"""
