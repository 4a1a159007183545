"""Ask ingest for the state of access, and with an operator's secret for the tokens (docs/wire-format.md).

The address without another one is that of `scripts/run`, in its directory.
"""

# ruff: noqa: INP001, T201
import json
import secrets
import sys

import zmq

address = sys.argv[1] if len(sys.argv) > 1 else "ipc://data/owner/request.sock"
proof = {"secret": sys.argv[2]} if len(sys.argv) > 2 else None  # noqa: PLR2004 the second argument
ingest = zmq.Context().socket(zmq.REQ)
ingest.setsockopt(zmq.RCVTIMEO, 10_000)
ingest.setsockopt(zmq.LINGER, 0)
ingest.connect(address)
for do in ["state", "tokens"] if proof else ["state"]:
    request = {"version": 1, "id": secrets.token_urlsafe(16), "do": do, "proof": proof}
    ingest.send(json.dumps(request).encode())
    answer = json.loads(ingest.recv())
    if answer["refusal"]:
        sys.exit(f"{do}: {answer['refusal']['words']}")
    print(json.dumps(answer["result"]))
