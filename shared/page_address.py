"""The address of the page, as a person types it on the machine that Framecast runs on."""

from collections.abc import Mapping


def page_address(environment: Mapping[str, str]) -> str:
    """What to type on this machine. An address that cannot be used is refused by stream itself."""
    host = environment.get("STREAM_HOST") or "127.0.0.1"
    host = "localhost" if host in ("0.0.0.0", "::", "127.0.0.1", "::1") else host  # noqa: S104 not bound here
    port = environment.get("STREAM_PORT") or "8001"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{environment.get('BASE_PATH', '').rstrip('/')}/"
