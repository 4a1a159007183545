"""Reports of slots that wait to be written. Those of one camera are joined, so a long wait takes a few of them."""

from collections import deque

from services.archiver.db.slot_report import SlotReport


class ReportQueue:
    """On the loop's thread only. Keeps the order of each camera's reports; those of several cameras have none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_camera: dict[str, deque[SlotReport]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_camera.values()))

    def add(self, report: SlotReport) -> None:
        """Join the report to its camera's last one, or add it if there is room."""
        own = self._by_camera.get(report.camera_key)
        one = own[-1].joined(report) if own else None
        if own and one is not None:
            own[-1] = one
        elif len(self) < self._most:
            self._by_camera.setdefault(report.camera_key, deque()).append(report)

    def take(self) -> SlotReport | None:
        """The oldest report of some camera; None when there is none. No new report is joined to it from now on."""
        for camera_key, own in self._by_camera.items():
            report = own.popleft()
            if not own:
                del self._by_camera[camera_key]
            return report
        return None

    def put_back(self, report: SlotReport) -> None:
        """It could not be written: it is its camera's oldest again."""
        self._by_camera.setdefault(report.camera_key, deque()).appendleft(report)
