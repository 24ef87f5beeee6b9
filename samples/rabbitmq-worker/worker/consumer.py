import os

from broker import QUEUE, connect


def work(channel, method, properties, body):
    print(f"{os.uname().nodename} did {body.decode()}")
    channel.basic_ack(method.delivery_tag)


channel = connect().channel()
channel.queue_declare(QUEUE, durable=True)
channel.basic_qos(prefetch_count=1)
channel.basic_consume(QUEUE, work)
channel.start_consuming()
