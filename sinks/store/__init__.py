"""The SQL store: passages, events, alerts and statistics, idempotent by computed ids."""
