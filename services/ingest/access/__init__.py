"""What the owner decides on access: kept in one small file, judged here, told to all others on the bus.

It is loaded only where BUS_CONTROL is set. `owner.py` puts it together; `keeper.py` holds the state; `judge.py` says
who somebody is; `requests.py` answers a request by the operations below it.
"""
