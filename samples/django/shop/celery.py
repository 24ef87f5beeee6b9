import os

from celery import Celery

app = Celery("shop", broker=os.environ.get("BROKER_URL"))


@app.task
def greet(name):
    print(f"hello {name}")


@app.on_after_configure.connect
def every_minute(sender, **_):
    sender.add_periodic_task(60, greet.s("from beat"))
