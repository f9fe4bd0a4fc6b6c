"""Take events over HTTP from the platform's webhooks, and nothing from anybody else.

    linli webhooks add https://here.example/linli --types 'linli.service_desk.*'
    WEBHOOK_SECRET=whsec_... PORT=9000 python receive.py

`webhooks add` prints the secret. In production a proxy in front of this speaks HTTPS.
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BYTES = 128 * 1024  # an event has at most 64 KiB of data
WEBHOOK = Webhook(os.environ["WEBHOOK_SECRET"])
SEEN: set[str] = set()  # in a program of yours: a table, written with the effect of the event


class Receiver(BaseHTTPRequestHandler):
    """Any answer from 200 to 299 says that the event is kept; others are tried again for days."""

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BYTES:
            self.send_error(413)
            return
        try:
            # Checks the signature and that it was signed within the last five minutes.
            event = WEBHOOK.verify(self.rfile.read(length), dict(self.headers))
        except WebhookVerificationError:
            self.send_error(401)
            return
        if event["id"] not in SEEN:
            SEEN.add(event["id"])
            print(event["type"], event["subject"], flush=True)
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
