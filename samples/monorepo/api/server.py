import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer():
    return {"database": os.environ.get("DATABASE_HOST"), "log": os.environ.get("LOG_LEVEL")}


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(answer()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8000), Api).serve_forever()
