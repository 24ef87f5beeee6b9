"""Answer every request with a colour, so that one sees who answered."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Colour(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.environ['COLOUR']} on {os.uname().nodename}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8000), Colour).serve_forever()
