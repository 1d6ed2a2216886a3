"""What the console counts."""

from prometheus_client import Counter, Gauge

SEARCHES = Counter("anpr_console_searches", "Searches of stored passages.", ["outcome"])
LOGINS = Counter("anpr_console_logins", "Attempts to sign in with a password.", ["outcome"])
STREAMS = Gauge("anpr_console_streams", "Live streams that are open.")
