"""What the conversations with librdkafka share."""

from confluent_kafka import KafkaException


def step(name, work):
    """Prints a step's name and what was seen; an error by its number, one of the client's own by its name."""
    try:
        seen = work()
    except KafkaException as failed:
        error = failed.args[0]
        seen = f"error:{error.code() if error.code() > 0 else error.name()}"
    print(name, seen, flush=True)
