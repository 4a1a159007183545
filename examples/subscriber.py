"""Write a camera's newest picture to a file, straight from the bus: docs/wire-format.md in ten lines."""

# ruff: noqa: INP001, T201
import json
import sys
from pathlib import Path

import zmq

address = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5555"
bus = zmq.Context().socket(zmq.SUB)
bus.setsockopt(zmq.RCVHWM, 2)  # a short queue, because frames that wait in it grow old
bus.subscribe(b"frame/camera_1/main/")  # the subscription makes ingest encode; b"status/" has all cameras' states
bus.connect(address)
while True:
    topic, header, jpeg = bus.recv_multipart()
    frame = json.loads(header)
    Path(f"{frame['camera']}.jpg").write_bytes(jpeg)
    print(frame["camera"], frame["sequence"], frame["width"], frame["height"], flush=True)
