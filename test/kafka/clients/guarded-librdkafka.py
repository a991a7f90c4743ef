"""The guarded conversation with librdkafka; see Guarded.java for the steps."""

import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from steps import patience_s, step

bootstrap, prefix, ann_secret, boss_secret = sys.argv[1:5]
topic_open, topic_closed = f"{prefix}-open", f"{prefix}-closed"
ann, boss, wrong = ("ann", ann_secret), ("boss", boss_secret), ("boss", "wrong-secret")


def config(user, mechanism="PLAIN", more=None):
    name, secret = user
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": name,
        "sasl.password": secret,
        **(more or {}),
    }


def partitions(user, mechanism="PLAIN"):
    refusals = []
    admin = AdminClient(config(user, mechanism, {"error_cb": refusals.append}))
    end = time.monotonic() + patience_s
    while True:
        try:
            return len(admin.list_topics(topic_open, timeout=1).topics[topic_open].partitions)
        except KafkaException as failed:
            # That the credentials were refused is told beside it; for anything else it waits.
            admin.poll(0)
            told = [refusal for refusal in refusals if refusal.code() == KafkaError._AUTHENTICATION]
            if told or time.monotonic() > end:
                raise KafkaException(told[0]) if told else failed


def write(topic):
    producer = Producer(config(ann))
    outcome = []
    producer.produce(topic, "v", "k", 0, on_delivery=lambda error, _: outcome.append(error))
    producer.flush(patience_s)
    if outcome[0] is not None:
        raise KafkaException(outcome[0])
    return "ok"


def commit(transactional_id):
    producer = Producer(config(ann, more={"transactional.id": transactional_id}))
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(topic_open, "v", "k", 0)
    producer.commit_transaction()
    return "ok"


def read(topic, group):
    consumer = Consumer(config(ann, more={"group.id": group, "auto.offset.reset": "earliest"}))
    consumer.subscribe([topic])
    end = time.monotonic() + patience_s
    try:
        while time.monotonic() < end:
            message = consumer.poll(0.1)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            return message.value().decode()
    finally:
        consumer.close()
    return "nothing"


def create():
    admin = AdminClient(config(ann))
    [future] = admin.create_topics([NewTopic(f"{topic_closed}-new", 1, 1)]).values()
    future.result()
    return "ok"


for known in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]:
    step(known.lower(), lambda: partitions(boss, known))
step("wrong-secret", lambda: partitions(wrong))
step("write-open", lambda: write(topic_open))
step("write-closed", lambda: write(topic_closed))
step("read-open", lambda: read(topic_open, topic_open))
step("read-closed", lambda: read(topic_closed, topic_open))
step("group-closed", lambda: read(topic_open, topic_closed))
step("transaction-open", lambda: commit(topic_open))
step("transaction-closed", lambda: commit(topic_closed))
step("create", create)
