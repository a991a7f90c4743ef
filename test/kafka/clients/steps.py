"""What the conversations with librdkafka share."""

import time

from confluent_kafka import KafkaException

patience_s = 20


def step(name, work):
    """Prints a step's name and what was seen; an error by its number, one of the client's own by its name."""
    try:
        seen = work()
    except KafkaException as failed:
        error = failed.args[0]
        seen = f"error:{error.code() if error.code() > 0 else error.name()}"
    print(name, seen, flush=True)


def eventually(holds):
    """Brokers learn of a change a little after it was made."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        try:
            if holds():
                return
        except KafkaException:
            pass
        time.sleep(0.02)


def result_of(futures):
    [future] = futures.values()
    return future.result()
