"""TLS at the site's own door: a place first, then a handshake in limited time; plain HTTP is sent to https."""

from __future__ import annotations

import re
import socket
import ssl
from typing import Any

IN_TIME = 10.0  # seconds for a handshake, or for the head of a plain request
HANDSHAKE = b"\x16"  # the first byte of every TLS connection (RFC 8446 5.1)
LONGEST_HEAD = 8192  # bytes
_ASKED = re.compile(
    rb"(?:GET|HEAD) (/[!-~]*) HTTP/1\.[01]\r\n(?:.*\r\n)*?host:[ \t]*([a-z0-9.:\[\]-]+)[ \t]*\r\n", re.I
)


class LateHandshake:
    """A TLS context for a server that would shake hands before anything else: it leaves the socket as it is."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def wrap_socket(self, line: socket.socket, **_: Any) -> socket.socket:
        return line


def shake_hands(line: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket | None:
    """The secured line; None for who does not speak TLS, or not in time: a browser is told the https address first."""
    line.settimeout(IN_TIME)
    try:
        first = line.recv(1, socket.MSG_PEEK)
        if first == HANDSHAKE:
            return context.wrap_socket(line, server_side=True)
        if first:
            line.sendall(plain_answer(_head(line)))
    except OSError:  # gone, too slow, or of another mind about the certificate: nothing that anybody here could mend
        pass
    return None


def plain_answer(head: bytes) -> bytes:
    """What a plain HTTP request is answered at a port of https: the same address there (RFC 9110 15.4.8)."""
    if asked := _ASKED.match(head):
        path, host = asked.groups()
        answer = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://" + host + path + b"\r\n"
    else:
        answer = b"HTTP/1.1 400 Bad Request\r\n"
    return answer + b"Cache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _head(line: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < LONGEST_HEAD and (more := line.recv(LONGEST_HEAD)):
        head += more
    return head
