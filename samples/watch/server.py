"""Serve the pages beside this file, with a greeting on top."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

PAGES = Path(__file__).parent / "pages"
SIGNATURE = "served by the first server"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        page = PAGES / (self.path.strip("/") or "index.html")
        if page.parent != PAGES or not page.is_file():
            self.send_error(404)
            return
        text = f"<h1>{os.environ['GREETING']}</h1>{page.read_text()}<p>{SIGNATURE}</p>\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


HTTPServer(("", 8000), Handler).serve_forever()
