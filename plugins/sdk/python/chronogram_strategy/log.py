"""Lines for whoever runs or writes the strategy: at most 64 or 8 KiB a call are kept. No words of people. In native tests
they go to standard error."""

import sys

from wit_world.imports import log as _host


def trace(message: object) -> None:
    _write(_host.Level.TRACE, message)


def debug(message: object) -> None:
    _write(_host.Level.DEBUG, message)


def info(message: object) -> None:
    _write(_host.Level.INFO, message)


def warn(message: object) -> None:
    _write(_host.Level.WARN, message)


def error(message: object) -> None:
    _write(_host.Level.ERROR, message)


def _write(level, message):
    try:
        _host.write(level, str(message))
    except NotImplementedError:  # the bindings outside of a component
        print(level.name.lower(), message, file=sys.stderr)
