"""What travels on `heartbeats`: what a camera's clock showed, and when we heard it."""

from datetime import timedelta

from anpr.events import Name, Wire
from anpr.time import ClockReading, Moment


class ClockReport(Wire):
    """One heartbeat of a camera. Its clock may show any year."""

    camera: Name
    received_at: Moment
    clock: ClockReading
    state: str = "ok"
    reason: str = ""

    @property
    def behind_ms(self) -> float:
        """How far the clock was behind the receipt, the journey included."""
        return (self.received_at - self.clock) / timedelta(milliseconds=1)
