"""The exchange with a camera as a file that can be sent to us.

recorder.py      hears the exchange and keeps its beginning
masking.py       hides logins and addresses in it, without changing a length
private_text.py  what in a text tells who, where or which device
recording.py     the file
"""
