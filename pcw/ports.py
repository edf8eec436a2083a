"""Ports of this machine: whether one can be listened on, said before a program that needs it is started."""

import errno
import socket

from pcw.errors import PcwError

HOST = "127.0.0.1"


def assert_free(port: int, command: str) -> None:
    """Say what to do where a port is taken, or not for us.

    Raises:
        PcwError: it cannot be listened on; `command` is what is typed with another one.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a connection just closed is none
        try:
            asked.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = "is taken by another program, perhaps by another `pcw`"
            elif error.errno == errno.EACCES:
                why = "may be used by the administrator alone"
            else:
                raise
            other = port + 1 if 1024 <= port < 65535 else 3000
            raise PcwError(f"Port {port} of {HOST} {why}. End that, or take another: {command} {other}") from None
