"""Logs as lines of JSON: what programs that collect logs read."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from planish.serving.http import answers

_OURS = ("model", "version", "path")
"""What our own messages say beside their text."""


class JsonLines(logging.Formatter):
    """One object for each record: time, level, logger, message, and what else the record says."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        found: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        found |= {name: vars(record)[name] for name in _OURS if name in vars(record)}
        if record.exc_info:
            found["traceback"] = self.formatException(record.exc_info)
        return answers.encoded(found).decode()


def configuration(access: bool) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything goes to standard error; requests only if `access`."""
    quiet = {"level": "WARNING", "handlers": ["lines"], "propagate": False}
    told = {"level": "INFO", "handlers": ["lines"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "loggers": {
            "planish.serving": told,
            "uvicorn.error": told,
            "uvicorn.access": told if access else quiet,
        },
    }
