import itertools
import os
import time

from broker import QUEUE, connect

channel = connect().channel()
channel.queue_declare(QUEUE, durable=True)
for number in itertools.count(1):
    channel.basic_publish("", QUEUE, f"task {number}".encode())
    print(f"sent task {number}")
    time.sleep(float(os.environ["INTERVAL"]))
