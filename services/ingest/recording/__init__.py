"""The exchange with a camera as a file that can be sent to us.

recorder.py    hears the exchange and keeps its beginning
masking.py     hides logins and addresses in it, without changing a length
recording.py   the file
"""
