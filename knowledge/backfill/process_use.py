"""What processes took, as Linux reports it; elsewhere the answers are None."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """A measurement that has begun; None inside where the system doesn't say."""

    before_mb: float | None

    @classmethod
    def start(cls) -> "PeakMemory":
        """Forget the process's peak so far (Linux; elsewhere nothing is measured)."""
        try:
            _CLEAR.write_text(_RESET_PEAK)
        except OSError:
            return cls(None)
        return cls(_read_mb("VmRSS"))

    def read_mb(self) -> float | None:
        """Megabytes that the process held at most since the start, above what it held then."""
        peak = None if self.before_mb is None else _read_mb("VmHWM")
        return None if peak is None or self.before_mb is None else max(0.0, peak - self.before_mb)


def resident_mb(process: int) -> float | None:
    """Megabytes that another process holds, or None where that isn't known (any more)."""
    try:
        return _field(Path(f"/proc/{process}/status").read_text(), "VmRSS")
    except OSError:
        return None


def cpu_seconds(process: int) -> float | None:
    """Processor seconds that another process has used, or None where that isn't known (any more)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _read_mb(field: str) -> float | None:
    try:
        return _field(_STATUS.read_text(), field)
    except OSError:
        return None


def _field(status: str, name: str) -> float | None:
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else None
