"""The command `python -m shared.bus_keys`: makes the keys of the bus. What it does is in `shared/bus/keys.py`."""

from shared.bus.keys import main
from shared.lifecycle import run_service

if __name__ == "__main__":
    run_service(main)
