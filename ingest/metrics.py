"""What ingest counts. Labels are the site's cameras and fixed words, nothing a sender chose."""

from prometheus_client import Counter, Gauge

FRAMES = Counter("anpr_frames_received_total", "Frames taken in, durably", ["camera"])
READS = Counter("anpr_reads_received_total", "Reads taken in, durably", ["camera"])
HEARTBEATS = Counter("anpr_heartbeats_received_total", "Heartbeats taken in", ["camera"])
REFUSED = Counter(
    "anpr_pushes_refused_total",
    "Pushes not taken in; no camera where the name is not one of the site's",
    ["camera", "reason"],
)
SENSORS_IGNORED = Counter(
    "anpr_sensor_values_ignored_total",
    "Sensor headers that made no sense; their frames were taken in without them",
    ["camera", "header"],
)
CAMERA_UP = Gauge("anpr_camera_up", "1 while a camera is heard, 0 when it is down", ["camera"])
CLOCK_ERROR = Gauge(
    "anpr_camera_clock_error_ms",
    "What the last heartbeat holds against a camera's clock",
    ["camera"],
)
CAMERA_SILENCE = Gauge(
    "anpr_camera_silence_seconds",
    "Since a camera was last heard: a frame, a read or a heartbeat; from the start on, if never",
    ["camera"],
)
