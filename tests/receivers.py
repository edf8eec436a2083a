"""Who receives alerts in tests: a webhook and a mailbox, real servers on loopback.

What they must get belongs in the tests.
"""

import json
import threading
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "hunter2-very-secret"


class Post(BaseHTTPRequestHandler):
    """Keeps what is posted on its server; answers what its server says."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Be quiet."""


class WebServer(ThreadingHTTPServer):
    """A webhook."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Post)
        self.posts: list[dict[str, Any]] = []
        self.answer = 200
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_port}/hook/{SECRET}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Mailbox:
    """An SMTP handler that keeps what it receives."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str, str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=default)
        body = mail.get_body(("plain", "html"))
        assert body is not None
        subject = str(make_header(decode_header(mail["Subject"])))
        self.mails.append((envelope.rcpt_tos, subject, body.get_content()))
        return "250 OK"
