"""docs/settings.md, made from the settings themselves. `scripts/settings` writes it; tests/test_docs.py compares.

The default and the allowed values are pydantic's. The meaning is the docstring below the field, which only the source
has. Variables that no class of settings reads are listed here.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from services.archiver.base.settings import ArchiverSettings
from services.ingest.settings import CameraEnvironment, CameraSettings, IngestSettings
from services.stream.settings import StreamSettings
from shared.access.settings import EnvironmentSecrets
from shared.bus.settings import BusClientSettings, BusServerSettings
from shared.settings import PictureSettings, ServiceSettings, Settings, _secret_kind, variable_name
from shared.web.settings import WebSettings

SERVICES: Final[dict[str, tuple[type[Settings], ...]]] = {
    "ingest": (CameraEnvironment, IngestSettings, EnvironmentSecrets),
    "stream": (StreamSettings,),
    "archiver": (ArchiverSettings,),
}
SECTIONS: Final[tuple[tuple[str, type[BaseModel]], ...]] = (
    ("The camera", CameraSettings),
    ("Many cameras", IngestSettings),
    ("Pages and live pictures", StreamSettings),
    ("The archive", ArchiverSettings),
    ("Passwords and tokens", EnvironmentSecrets),
    ("Access", WebSettings),
    ("Pictures", PictureSettings),
    ("Bad settings", ServiceSettings),
    ("The bus: ingest", BusServerSettings),
    ("The bus: its clients", BusClientSettings),
)
OF_LIBRARIES: Final = {
    "AWS_REGION": "The object store's region",
    "AWS_ACCESS_KEY_ID": "The object store's credentials",
    "AWS_SECRET_ACCESS_KEY": "The object store's credentials",
    "AWS_SESSION_TOKEN": "The object store's credentials, where they are temporary",
    "TZ": "The time zone of this computer's clock, for every program. Where ARCHIVE_TIME_ZONE is unset, pages, files "
    "and the archive's days have it, too",
    "LOG_FORMAT": "`console` for people, `json` for machines. Unset: `console` on a terminal, `json` otherwise",
}
"""Read by the object store's library, by the system's and by the log."""
OF_COMPOSE: Final = {
    "PUID": "The number of the user that the archiver runs as, and that its files belong to; 10001 if unset",
    "PGID": "The number of the group, likewise",
    "POSTGRES_PASSWORD": "The database's password, of letters and digits (`docker-compose.postgres.yml`)",
    "BUS_PUBLISH_ADDRESS": "The address of this host that the bus is published on, 127.0.0.1 if unset "
    "(`docker-compose.bus.yml`)",
    "BUS_PUBLISH_PORT": "The bus's port there, 5555 if unset",
    "BUS_CONTROL_PUBLISH_PORT": "The port of BUS_CONTROL there, 5556 if unset",
}
"""Variables of the compose files alone."""
FIXED_IN_COMPOSE: Final = {
    "BUS_BIND",
    "BUS_CONNECT",
    "BUS_CONTROL_TRUSTED_NETWORK",
    "BUS_TRUSTED_NETWORK",
    "OWNER_DIR",
    "SHOW_BAD_SETTINGS",
    "STREAM_HOST",
    "STREAM_PORT",
    "ARCHIVER_HOST",
    "ARCHIVER_PORT",
    "ARCHIVER_URL",
    "GATEWAY_SOCKET",
}
"""Where the stack's containers meet: not to be changed by a .env that was made for `scripts/run`."""
CONTROL_IN_COMPOSE: Final = "tcp://ingest-control:5556"
"""BUS_CONTROL's there, unless a .env has it empty."""
OTHER_DEFAULTS_IN_COMPOSE: Final = {"PUBLISH_ADDRESS": "127.0.0.1", "TZ": "UTC"}
"""The stack publishes on loopback. A container does not know its host's time zone."""
PRIVATE_NETWORKS: Final = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
"""What the archiver believes in compose, besides TRUSTED_PROXIES: only stream and the overlay's Caddy reach it."""
_BEGINNING: Final = """\
# Settings

Every setting of Framecast. `scripts/settings` makes this page from the settings' own descriptions.

A setting is a variable of the environment. `framecast`, `scripts/run` and Docker Compose also read them from a file
`.env` in the current directory, and the environment goes before it. [.env.example](../.env.example) shows those that
people change. An empty value is the same as none, except that of `BUS_CONTROL`. For a value that can't be used the
service says so in one line and ends with code 2.

## Values with odd characters

In `.env` a value with a space, `#`, `$`, `"` or `\\` stands between single quotes. They are no part of it, and nothing
in it is replaced then, by us and by Docker Compose:

```sh
CAMERA_RTSP_PASSWORD='S3cr$t99 #1'
```

Written otherwise it is read otherwise, and not by both in the same way:

| in `.env` | `framecast` and `scripts/run` | Docker Compose |
|---|---|---|
| no quotes | a space and `#` begin a comment, `${NAME}` is a variable | the same; so is `$NAME`, and `$$` is `$` |
| `"double quotes"` | they are left out, `${NAME}` and `\\n` are replaced | the same, and `$NAME` |
| a quote without its end | the lines to the next such quote are left out | it starts nothing and names the line |
| `'a'b` | the line is left out | the value is `a` |

Where a password is read otherwise than it is written, and where a line is left out, `framecast` and `scripts/run` say
so when they start. Compose says little: of a variable that is not set, and of a quote.

Between single quotes `\\'` is a single quote. The safest place for any password is a file of its own, where nothing is
escaped, and the only one for a value that ends with `\\`: for a secret `NAME`, `NAME_FILE` is the path of that file
(`CAMERA_RTSP_PASSWORD_FILE=config/camera-password`).
"""
_COMPOSE: Final = """
## Docker Compose

Each container gets the settings of its service from above. These alone are fixed, since they say where the containers
meet: {fixed}.

- `STREAM_PORT` is the port that the gateway is published at; stream gets it as `PUBLISH_PORT`.
- {others} if unset.
- `BUS_CONTROL` is the stack's own address, so leave it unset. Empty, as `BUS_CONTROL=`, it is off: nothing is decided
  at the page then.
- The archiver also believes proxies with an address of a private network: only the stack's containers reach it. With
  `docker-compose.https.yml` stream does too, unless `TRUSTED_PROXIES` is set.
- Files that hold secrets are passed on for the camera's password, the viewers', the operator's and the database's URL.
- The other `AWS_` settings need `docker-compose.s3.yml`.
- Paths are those within the containers ([docker.md](docker.md)).

The compose files alone read

"""


@dataclass(frozen=True, slots=True)
class Row:
    """A setting as the page shows it."""

    name: str
    default: str
    meaning: str
    allowed: str

    def __str__(self) -> str:
        default = f"`{self.default}`" if self.default else "unset"
        return f"| `{self.name}` | {default} | {self.meaning} | {self.allowed} |\n"


def page() -> str:
    """The whole of docs/settings.md."""
    fixed = ", ".join(f"`{name}`" for name in sorted(FIXED_IN_COMPOSE))
    others = " and ".join(f"`{name}` is `{value}`" for name, value in OTHER_DEFAULTS_IN_COMPOSE.items())
    return (
        _BEGINNING
        + "".join(_section(title, owner) for title, owner in SECTIONS)
        + "\n## Read by libraries and by the log\n\n"
        + _short_table(OF_LIBRARIES)
        + _COMPOSE.format(fixed=fixed, others=others)
        + _short_table(OF_COMPOSE)
    )


def defaults() -> dict[str, str]:
    """Every setting that a service reads, with its default as a file would write it; empty where it has none."""
    rows = {row.name: row.default for _, owner in SECTIONS for row in _rows(owner)}
    return rows | dict.fromkeys(OF_LIBRARIES, "")


def names_on_the_page() -> set[str]:
    """Of all settings, and of the files that secrets may be kept in."""
    secrets = {f"{row.name}_FILE" for _, owner in SECTIONS for row in _rows(owner) if "_FILE`" in row.allowed}
    return {*defaults(), *OF_COMPOSE, *secrets}


def _section(title: str, owner: type[BaseModel]) -> str:
    readers = [name for name, classes in SERVICES.items() if any(issubclass(one, owner) for one in classes)]
    rows = "".join(map(str, _rows(owner)))
    note = ""
    if owner is CameraSettings:
        note = " In a cameras file the keys are the same names, in lower case and without `CAMERA_`."
    return (
        f"\n## {title}\n\nRead by {' and '.join(readers)}.{note}\n\n"
        f"| name | default | what it does | allowed |\n|---|---|---|---|\n{rows}"
    )


def _short_table(rows: dict[str, str]) -> str:
    lines = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in rows.items())
    return f"| name | what it does |\n|---|---|\n{lines}"


def _rows(owner: type[BaseModel]) -> Iterator[Row]:
    """The settings that `owner` itself declares, in its order."""
    meanings = docstrings(owner)
    environment = CameraEnvironment if owner is CameraSettings else owner
    for name in (name for name in owner.__annotations__ if name in owner.model_fields):
        field = owner.model_fields[name]
        variable = variable_name(environment, name)  # type: ignore[arg-type] # it reads the prefix alone
        allowed = field.description or ""
        if _secret_kind(field.annotation):
            allowed += f"; or a file that holds it, as `{variable}_FILE`"
        yield Row(
            variable,
            _written(None if field.default_factory else field.default),
            _as_markdown(meanings[name]),
            _as_markdown(allowed),
        )


def docstrings(owner: type[BaseModel]) -> dict[str, str]:
    """The docstrings below the fields of one class, by the fields' names; a field without one has none."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    found = {}
    for statement, after in zip(tree.body, tree.body[1:], strict=False):  # type: ignore[attr-defined] # it is a class
        match statement, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found


def _as_markdown(text: str) -> str:
    """Links to other pages, and addresses that are no links."""
    text = re.sub(r"docs/([\w-]+\.md)", r"[\1](\1)", text)
    return re.sub(r"[\w+]+://[^\s;)]*?(?=[,.:]?(?:[\s;)]|$))", r"`\g<0>`", text)


def _written(default: Any) -> str:
    match default:
        case None | () | frozenset():
            return ""
        case bool():
            return str(default).lower()
        case SecretStr():
            return default.get_secret_value()
        case _:
            return str(default)


if __name__ == "__main__":
    sys.stdout.write(page())
