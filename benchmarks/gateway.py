"""The gateway from deploy/ in its own network namespace, with the socket limits of its container in compose.

    the server, here ── veth ── gateway ── the slow network (benchmarks/slow_network.py) ── viewer

Caddy and nginx are Debian's: apt-get install caddy nginx-light. They run the configuration file from deploy/. Only the
address of stream is replaced, because Docker's name service is not available here.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.slow_network import refuse_taken_network, slow_network
from tests.support.waiting import wait_until

ROOT: Final = Path(__file__).parents[1]
HERE, THERE = "198.18.77.9", "198.18.77.10"
READY_SECONDS: Final = 15
PLAIN_PORT: Final = 8001


@dataclass(frozen=True, slots=True)
class Gateway:
    """`address` is the gateway's own, as viewers reach it. `prefix` runs a command in the viewers' namespace."""

    namespace: str
    address: str
    prefix: tuple[str, ...] = ()

    def url(self, http: str) -> str:
        """The gateway's URL for a viewer. HTTP/2 uses TLS, because browsers require it."""
        return f"https://{self.address}" if http == "2" else f"http://{self.address}:{PLAIN_PORT}"

    @contextmanager
    def running(self, program: str, server_port: int, directory: Path) -> Iterator[int]:
        """Run the gateway in front of the server at `server_port`; yield its process id."""
        command = _caddy(server_port, directory) if program == "caddy" else _nginx(server_port, directory)
        environment = os.environ | {
            "SITE_ADDRESS": self.address,
            "XDG_DATA_HOME": str(directory / "data"),
            "XDG_CONFIG_HOME": str(directory / "config"),
        }
        with (directory / f"{program}.log").open("ab") as log:
            within = ["ip", "netns", "exec", self.namespace]
            process = subprocess.Popen([*within, *command], env=environment, stdout=log, stderr=log)
            try:
                wait_until(self._is_listening, "the gateway listens", READY_SECONDS, patience=1)
                yield process.pid
            finally:
                process.terminate()
                process.wait(10)

    def _is_listening(self) -> bool:
        command = ["ip", "netns", "exec", self.namespace, "ss", "-Hltn"]
        listening = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return f":{PLAIN_PORT}" in listening and ":443" in listening


def missing_gateway(program: str) -> str | None:
    """The reason why the gateway can't run here, or None."""
    packages = {"caddy": "caddy", "nginx": "nginx-light"}
    for needed, package in ((program, packages[program]), ("curl", "curl")):
        if shutil.which(needed) is None:
            return f"{needed} is missing: apt-get install {package}"
    return None


def socket_limits() -> dict[str, str]:
    """The sysctls of Caddy's container from docker-compose.https.yml."""
    text = (ROOT / "docker-compose.https.yml").read_text()
    found = dict(re.findall(r"^ +(net\.ipv4\.\w+): (.+)$", text, re.MULTILINE))
    assert found, "docker-compose.https.yml has no net.ipv4 sysctls"
    return found


@contextmanager
def gateway_beside(*, limited: bool = True) -> Iterator[Gateway]:
    """A namespace for a gateway, one hop from here. `limited` applies its container's socket limits."""
    tag = os.getpid() % 100_000
    namespace, device = f"fcg{tag}", f"fcw{tag}"
    with ExitStack() as stack:
        _ip(f"netns add {namespace}")
        stack.callback(_ip, f"netns delete {namespace}")
        for name, value in socket_limits().items() if limited else ():
            subprocess.run(["ip", "netns", "exec", namespace, "sysctl", "-qw", f"{name}={value}"], check=True)
        _ip(f"link add {device} type veth peer name inward netns {namespace}")
        _ip(f"address add {HERE}/30 dev {device}")
        _ip(f"link set {device} up")
        _ip(f"-n {namespace} address add {THERE}/30 dev inward")
        _ip(f"-n {namespace} link set inward up")
        _ip(f"-n {namespace} link set lo up")
        yield Gateway(namespace, THERE)


@contextmanager
def gateway_on_slow_network(rate: str, *, limited: bool = True) -> Iterator[Gateway]:
    """A namespace for a gateway between this host and a viewer whose network carries `rate`."""
    refuse_taken_network()
    with gateway_beside(limited=limited) as beside, slow_network(rate, beside.namespace) as network:
        yield Gateway(beside.namespace, network.server_address, network.prefix)


def caddyfile(host: str, port: int) -> str:
    """deploy/https/Caddyfile with an address in place of the name of stream."""
    text = (ROOT / "deploy/https/Caddyfile").read_text()
    assert "a stream 8001" in text
    return text.replace("a stream 8001", f"a {host} {port}")


def _caddy(server_port: int, directory: Path) -> list[str]:
    file = directory / "Caddyfile"
    file.write_text(caddyfile(HERE, server_port))
    return ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]


def _nginx(server_port: int, directory: Path) -> list[str]:
    text = (ROOT / "deploy/nginx/framecast.conf").read_text()
    for placed, found in (
        ("server stream:8001", f"server {HERE}:{server_port}"),
        ("server archiver:8002", f"server {HERE}:8002"),
        ("/etc/nginx/", f"{directory}/"),
    ):
        assert placed in text
        text = text.replace(placed, found)
    certificate = f"req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=gateway -keyout {directory}/framecast.key"
    subprocess.run(
        ["openssl", *certificate.split(), "-out", str(directory / "framecast.crt")], check=True, capture_output=True
    )
    file = directory / "nginx.conf"
    file.write_text(f"user root; pid {directory}/nginx.pid; events {{}} http {{ access_log off;\n{text}}}\n")
    return ["nginx", "-p", str(directory), "-c", str(file), "-e", "stderr", "-g", "daemon off;"]


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)
