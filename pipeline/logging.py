"""Structured logs on stderr: one JSON object a line, or coloured text in a terminal."""

import logging
import sys

import structlog
from structlog.stdlib import ProcessorFormatter, add_logger_name


def configure_logging(level: int = logging.INFO) -> None:
    """Set structlog up for this process; libraries' own loggers are held to warnings."""
    terminal = sys.stderr.isatty()
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if terminal:
        # Plain, since a traceback that shows locals would show plates.
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    said: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if terminal else [structlog.processors.format_exc_info]),
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *said, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[add_logger_name, *said],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
