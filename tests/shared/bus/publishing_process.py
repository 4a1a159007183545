"""`python -m tests.shared.bus.publishing_process INNER TOPIC BODY …`: a process of its own that publishes these
messages again and again. It begins with a line on its standard input, and ends with that.
"""

import sys
import threading

from shared.bus.publisher import Publisher


def main() -> None:
    sys.stdin.readline()
    over = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    publisher = Publisher(sys.argv[1], is_inner=True)
    while not over.wait(0.02):
        publisher.read_subscriptions()
        for topic, body in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
            publisher.send([topic.encode(), body.encode()])
    publisher.close()


if __name__ == "__main__":
    main()
