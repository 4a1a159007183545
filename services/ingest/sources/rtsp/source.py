"""A network camera over RTSP as a `Source`: `grab` waits and reads packets, `retrieve` decodes them."""

import threading
import time
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions, Transport
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.delivery import DeliveryPlan
from services.ingest.sources.rtsp.receiver import Receiver
from services.ingest.sources.rtsp.session_errors import SilentCameraError, TransportRefusedError
from shared.other_computer import is_another_computer

IDLE_AFTER_SECONDS: Final = 2.0
"""Without a `retrieve` for this long, nobody is in a hurry."""
LASTING_UPSETS: Final = 3
"""As many within the last seconds are no accident."""


class RtspSource:
    """One camera.

    Raises:
        ValueError: when the options' address is no RTSP URL.
    """

    def __init__(self, options: ConnectionOptions) -> None:
        self._address = RtspAddress.of(options)
        self._options = options
        self._plan = DeliveryPlan(options.transport, is_encrypted=self._address.is_encrypted)
        self._silence: SilentCameraError | None = None
        self._receiver: Receiver | None = None
        self._interrupted = threading.Event()
        self._retrieved_at = 0.0
        self._is_elsewhere: bool | None = None

    @property
    def transport(self) -> Transport:
        """Over which one the camera is asked now."""
        return self._plan.current.transport

    def open(self) -> None:
        """Connect and start the stream. No picture need have arrived when it returns."""
        self.close()
        self._plan.begin()
        self._silence = None
        self._connect()

    def grab(self) -> bool:
        """Wait for the next access unit. Nothing is decoded here.

        A camera that sends not one packet is asked in another way; that attempt returns False.
        """
        receiver = self._opened()
        try:
            has_unit = receiver.wait_napping() if self._is_idle() else receiver.wait()
        except SilentCameraError as silence:
            self._ask_in_another_way(silence)
            return False
        if has_unit:
            self._plan.confirm()
        return has_unit

    def retrieve(self) -> Picture | None:
        """The newest picture. Decodes what arrived since the last one, or since the last key frame."""
        receiver = self._opened()
        if self._is_idle():
            receiver.catch_up()
        self._retrieved_at = time.monotonic()
        return receiver.decoder.newest()

    def late_seconds(self) -> float:
        return self._opened().decoder.late_seconds

    def interrupt(self) -> None:
        """Make the current `grab`, or the next one, return False. Any thread."""
        self._interrupted.set()
        receiver = self._receiver
        if receiver is not None:
            receiver.wake()

    def facts(self) -> SourceFacts:
        receiver = self._receiver
        if receiver is None:
            return SourceFacts()
        notices = filter(None, (self._delivery_notice(), _quality_notice(receiver)))
        lost, _ = receiver.lost_lately()
        decoder = receiver.decoder
        return SourceFacts(
            decoder.codec,
            receiver.bits_per_second,
            " ".join(notices) or None,
            lost_packets=lost,
            waits_for_key_frame=decoder.pending.is_holding and decoder.damage is None and not lost,
            wall_clock=receiver.wall_clock if receiver.wall_clock and self._is_another_computer() else None,
            key_frame_seconds=decoder.pending.key_frame_seconds,
            lacks_cpu_time=receiver.lacks_cpu_time,
        )

    def close(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.close()

    def _is_another_computer(self) -> bool:
        """Asked once, of the resolver."""
        if self._is_elsewhere is None:
            self._is_elsewhere = is_another_computer(self._address.host)
        return self._is_elsewhere

    def _connect(self) -> None:
        """Ask in the plan's way, and over the other transport where the camera refuses that one."""
        refusal: TransportRefusedError | None = None
        while self._receiver is None:
            silence_seconds = self._plan.silence_seconds(self._options.open_seconds)
            try:
                self._receiver = Receiver(
                    self._address, self._options, self._plan.current, silence_seconds, self._interrupted
                )
            except TransportRefusedError as error:
                refusal = refusal or error
                if not self._plan.after_refusal():
                    raise refusal from None
        self._retrieved_at = time.monotonic()

    def _ask_in_another_way(self, silence: SilentCameraError) -> None:
        """If no other way serves, the first silence is what the user should know of."""
        self._silence = self._silence or silence
        if not self._plan.after_silence(has_other_streams=self._opened().has_other_streams):
            raise self._silence
        self.close()
        try:
            self._connect()
        except SourceUnavailableError:
            raise self._silence from None

    def _delivery_notice(self) -> str | None:
        if self._plan.is_as_asked:
            return None
        used, asked = self._plan.current.transport.upper(), self._options.transport.upper()
        return f"The camera's pictures come over {used}, because it sent none over {asked}."

    def _is_idle(self) -> bool:
        return time.monotonic() - self._retrieved_at > IDLE_AFTER_SECONDS

    def _opened(self) -> Receiver:
        if self._receiver is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._receiver


def _quality_notice(receiver: Receiver) -> str | None:
    lost, seconds = receiver.lost_lately()
    if lost:
        return f"{lost} of the camera's packets were lost in the last {seconds:.0f} s: pictures wait for key frames."
    upsets, seconds = receiver.upsets_lately()
    if upsets >= LASTING_UPSETS:
        return (
            f"The camera's connection was garbled {upsets} times in the last {seconds:.0f} s: pictures wait for key "
            "frames."
        )
    if (damage := receiver.decoder.damage) is not None:
        return f"The camera's pictures can't be decoded: {damage}."
    if (other_type := receiver.other_type()) is not None:
        return f"The camera announces payload type {other_type[0]} but sends {other_type[1]}, which is shown."
    return None
