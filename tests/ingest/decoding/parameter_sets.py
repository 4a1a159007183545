"""Sequence parameter sets of H.264 and H.265, written bit by bit: any size, and the part of it that is shown."""

from dataclasses import dataclass, field


@dataclass
class Bits:
    """Writes what `BitReader` reads."""

    text: str = ""

    def fixed(self, count: int, number: int) -> "Bits":
        self.text += f"{number:0{count}b}"
        return self

    def unsigned(self, *numbers: int) -> "Bits":
        for number in numbers:
            digits = f"{number + 1:b}"
            self.text += "0" * (len(digits) - 1) + digits
        return self

    def signed(self, *numbers: int) -> "Bits":
        return self.unsigned(*(2 * number - 1 if number > 0 else -2 * number for number in numbers))

    def data(self) -> bytes:
        """With the bit that ends a set."""
        text = self.text + "1"
        size = -(-len(text) // 8)
        return int(text.ljust(8 * size, "0"), 2).to_bytes(size, "big")

    def unit(self, header: bytes) -> bytes:
        """A NAL unit, escaped."""
        escaped = bytearray()
        for byte in self.data():
            if escaped[-2:] == b"\0\0" and byte <= 3:
                escaped.append(3)
            escaped.append(byte)
        return header + bytes(escaped)


@dataclass
class H264Set:
    """A set for pictures of `columns` x `rows` blocks of 16 pixels, of which the first `shown` blocks are shown."""

    columns: int
    rows: int
    shown: int = 0
    profile: int = 66
    chroma: int = 1
    matrices: list[list[int] | None] | None = None
    """The differences that code each matrix; None for one that is not sent."""
    order: list[int] = field(default_factory=lambda: [2])
    """How the order of pictures is coded: the kind, and its numbers."""
    is_interlaced: bool = False

    def unit(self) -> bytes:
        bits = Bits().fixed(8, self.profile).fixed(8, 0).fixed(8, 62).unsigned(0)
        if self.profile in {100, 244}:
            bits.unsigned(self.chroma)
            if self.chroma == 3:
                bits.fixed(1, 0)
            bits.unsigned(0, 0).fixed(1, 0).fixed(1, self.matrices is not None)
            for matrix in self.matrices or []:
                bits.fixed(1, matrix is not None).signed(*(matrix or []))
        bits.unsigned(0)
        self._write_order(bits)
        rows = self.rows // 2 if self.is_interlaced else self.rows
        bits.unsigned(1).fixed(1, 0).unsigned(self.columns - 1, rows - 1).fixed(1, not self.is_interlaced)
        if self.is_interlaced:
            bits.fixed(1, 0)
        bits.fixed(1, 1).fixed(1, bool(self.shown))
        if self.shown:
            right, bottom = 8 * (self.columns - self.shown), 8 * (self.rows - self.shown)
            bits.unsigned(0, right, 0, bottom)
        return bits.fixed(1, 0).unit(b"\x67")

    def _write_order(self, bits: Bits) -> None:
        kind, *numbers = self.order
        bits.unsigned(kind)
        if kind == 0:
            bits.unsigned(*numbers)
        elif kind == 1:
            bits.fixed(1, 0).signed(*numbers[:2]).unsigned(len(numbers) - 2).signed(*numbers[2:])


def h265_set(width: int, height: int, *, sub_layers: int = 0, chroma: int = 1) -> bytes:
    """A set as far as its size, with `sub_layers` layers in time that have profiles of their own."""
    bits = Bits().fixed(4, 0).fixed(3, sub_layers).fixed(1, 1).fixed(88, 1 << 87).fixed(8, 93)
    if sub_layers:
        bits.fixed(2 * sub_layers, (1 << 2 * sub_layers) - 1)
        bits.fixed(2 * (8 - sub_layers), 0)
    for _ in range(sub_layers):
        bits.fixed(88, 1 << 87).fixed(8, 93)
    bits.unsigned(0, chroma)
    if chroma == 3:
        bits.fixed(1, 0)
    return bits.unsigned(width, height).fixed(1, 0).unit(b"\x42\x01")
