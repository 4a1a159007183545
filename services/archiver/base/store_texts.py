"""What can be wrong with an object store, in sentences that say what to do. A translation is one more such file."""

from typing import Final

NO_KEY: Final = "no key is set: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
UNKNOWN_KEY: Final = "it does not know this key: check AWS_ACCESS_KEY_ID."
KEY_MISMATCH: Final = "the key and its secret do not fit: check AWS_SECRET_ACCESS_KEY, then AWS_REGION."
EXPIRED_KEY: Final = "the temporary key is wrong or has expired: set a new one, with its AWS_SESSION_TOKEN."
REFUSED_KEY: Final = "it refuses this key: allow the key to list, read, write and delete in the bucket."
WRONG_CLOCK: Final = "its clock and this computer's differ by more than it allows: set this computer's time."
ANOTHER_REGION: Final = "the bucket is in another region: set AWS_REGION, or AWS_ENDPOINT_URL, to the bucket's."
FULL: Final = "it has no room left: make room there, or let old pictures go by ARCHIVE_KEEP or ARCHIVE_MAX_BYTES."
NAME_UNKNOWN: Final = "no such host is known: check AWS_ENDPOINT_URL, AWS_REGION and the network."
NO_CONNECTION: Final = "nothing answers there: check AWS_ENDPOINT_URL, and whether the object store runs."
TOO_SLOW: Final = "its answer took too long: check the network, and whether the object store is busy."
BAD_CERTIFICATE: Final = "its certificate is not trusted: check AWS_ENDPOINT_URL and the certificate."
CHANGED_MEANWHILE: Final = "a file there changed while it was written. It is tried again."
LOOKS_BEFORE_IT_WRITES: Final = (
    "The archive's object store has no conditional writes (If-None-Match). So the archiver looks before it writes, and "
    "only one archiver may work on this archive."
)


def object_store_fails(reason: str) -> str:
    return f"The archive's object store can't be used: {reason}"


def no_bucket(bucket: str) -> str:
    return f"it has no bucket '{bucket}': make the bucket, or correct its name."


def in_region(region: str) -> str:
    return f"the bucket is in the region '{region}': set AWS_REGION={region}."


def not_found(answer: str) -> str:
    return f"nothing is found there ({answer}): check AWS_ENDPOINT_URL and the bucket's name."


def own_trouble(answer: str) -> str:
    return f"it is overloaded or has a fault of its own ({answer}). It is tried again."


def other_answer(answer: str) -> str:
    return f"it answered {answer}: check AWS_ENDPOINT_URL, AWS_REGION and what its provider says of that."


def not_understood(kind: str) -> str:
    return f"its answer is not understood ({kind}): check AWS_ENDPOINT_URL."
