"""The SendGrid-compatible server as a command, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import threading

from surveyor.testing.sendgrid_server import SendGridServer


def main() -> int:
    """Start, say where, wait."""
    parser = argparse.ArgumentParser(description="A SendGrid-compatible server that sends nothing.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default="SG.test-key")
    chosen = parser.parse_args()
    with SendGridServer(port=chosen.port, key=chosen.key) as server:
        sys.stdout.write(f"SURVEYOR_MAIL_URL=sendgrid://?host={server.url}\nSENDGRID_API_KEY={chosen.key}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
