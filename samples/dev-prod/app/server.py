import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"log level {os.environ['LOG_LEVEL']}\n".encode())


ThreadingHTTPServer(("", 8000), Page).serve_forever()
