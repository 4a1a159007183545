"""What a camera's address means, as people write or paste it. Pure: text in, a value or one line of words out.

understand.py    the whole way, from the given text to the address
pasted_text.py   the address within other programs' lines
placeholders.py  what stands for something that the user should have filled in
login.py         where the login ends and the host begins
place.py         host, port and path
address.py       the value, and the login beside it
errors.py        why an address is refused, and what to write instead
"""
