import os
from pathlib import Path

import pika

QUEUE = "tasks"


def connect():
    password = Path(os.environ["RABBITMQ_PASSWORD_FILE"]).read_text().strip()
    credentials = pika.PlainCredentials(os.environ["RABBITMQ_USER"], password)
    host = os.environ["RABBITMQ_HOST"]
    return pika.BlockingConnection(pika.ConnectionParameters(host, credentials=credentials))
