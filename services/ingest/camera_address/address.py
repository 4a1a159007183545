"""A camera's address as it is used, and the login beside it."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal, Self

AddressKind = Literal["rtsp", "http", "file"]
LOGIN_TWICE: Final = "There is a login in the camera's address and another one beside it. The one beside it is used."


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """`url` holds no login; of a file it is the path. `username` and `password` are decoded, empty for none. `notices`
    say in words for the user what was understood otherwise than it was written. They hold no secret.
    """

    kind: AddressKind
    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    notices: tuple[str, ...] = ()

    def with_login(self, username: str | None, password: str | None) -> Self:
        """With what is set beside the address. Each part that is given beside it wins over that in it."""
        differs = any(
            within and beside is not None and beside != within
            for within, beside in ((self.username, username), (self.password, password))
        )
        return replace(
            self,
            username=self.username if username is None else username,
            password=self.password if password is None else password,
            notices=(*self.notices, LOGIN_TWICE) if differs else self.notices,
        )
