"""What every client does with a broker in the test of clients, with librdkafka; see ClientScript.java for the steps.

Arguments: bootstrap, prefix of all names.
"""

import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, prefix = sys.argv[1:3]
topic_in, topic_out = f"{prefix}-in", f"{prefix}-out"
patience_s, grace_s = 30, 0.7


def main():
    create_topics()
    producer = new_producer()
    for i in range(6):
        send(producer, topic_in, f"k{i}", f"v{i}")
    producer.flush()
    show("read", read_and_commit("readers", 6))
    for i in range(4):
        send(producer, topic_in, f"k{i}", f"w{i}")
    producer.flush()
    show("resumed", read_and_commit("readers", 4))
    transactions()
    show("committed", read_all("read_committed", 6))
    show("everything", read_all("read_uncommitted", 10))
    move()


def create_topics():
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topics = [NewTopic(name, 2, 1) for name in (topic_in, topic_out)]
    for made in admin.create_topics(topics).values():
        made.result()


def transactions():
    producer = new_producer("writer")
    producer.init_transactions()
    producer.begin_transaction()
    for i in range(4):
        send(producer, topic_out, f"k{i}", f"kept{i}")
    producer.commit_transaction()
    producer.begin_transaction()
    for i in range(4):
        send(producer, topic_out, f"k{i}", f"dropped{i}")
    producer.flush()
    producer.abort_transaction()
    producer.begin_transaction()
    for i in range(2):
        send(producer, topic_out, f"k{i}", f"late{i}")
    producer.commit_transaction()


def move():
    consumer, producer = new_consumer("movers", "read_committed"), new_producer("mover")
    producer.init_transactions()
    consumer.subscribe([topic_in])
    records = poll(consumer, 10)
    producer.begin_transaction()
    for record in records:
        send(producer, topic_out, record.key().decode(), record.value().decode().upper())
    producer.send_offsets_to_transaction(positions(records, 0), consumer.consumer_group_metadata())
    producer.commit_transaction()
    show("moved", committed(consumer))
    producer.begin_transaction()
    send(producer, topic_out, "k0", "dropped")
    producer.send_offsets_to_transaction(positions(records, 1), consumer.consumer_group_metadata())
    producer.flush()
    producer.abort_transaction()
    show("aborted", committed(consumer))
    show("together", read_all("read_committed", 16))
    fence(producer)
    consumer.close()


def fence(former):
    latter = new_producer("mover")
    latter.init_transactions()
    try:
        former.begin_transaction()
        send(former, topic_out, "k0", "fenced")
        former.commit_transaction()
        show("fenced", ["no"])
    except KafkaException as error:
        show("fenced", [error.args[0].name()])


def read_and_commit(group, count):
    consumer = new_consumer(group, "read_committed")
    consumer.subscribe([topic_in])
    records = poll(consumer, count)
    consumer.commit(asynchronous=False)
    consumer.close()
    return texts(records)


def read_all(isolation, count):
    consumer = new_consumer(f"all-{isolation}{count}", isolation)
    consumer.subscribe([topic_out])
    records = poll(consumer, count)
    consumer.close()
    return texts(records)


def poll(consumer, count):
    records, end = [], time.monotonic() + patience_s
    while len(records) < count and time.monotonic() < end:
        records += consumer.consume(count - len(records), 0.1)
    records += consumer.consume(100, grace_s)
    for record in records:
        if record.error():
            raise KafkaException(record.error())
    return records


def positions(records, fewer):
    ends = {record.partition(): record.offset() + 1 - fewer for record in records}
    return [TopicPartition(topic_in, partition, offset) for partition, offset in ends.items()]


def committed(consumer):
    found = consumer.committed([TopicPartition(topic_in, 0), TopicPartition(topic_in, 1)])
    return sorted(f"{at.partition}/{at.offset}" for at in found)


def texts(records):
    return sorted(
        f"{record.partition()}/{record.offset()},{record.key().decode()}={record.value().decode()}"
        f",{dict(record.headers() or [])['of'].decode()}"
        for record in records
    )


def send(producer, topic, key, value):
    producer.produce(topic, key=key, value=value, headers=[("of", value.encode())])


def show(step, seen):
    print(step, *seen, flush=True)


def new_producer(transactional_id=None):
    # Its own default partitioner differs from that of all others.
    config = {"bootstrap.servers": bootstrap, "enable.idempotence": True, "partitioner": "murmur2_random"}
    if transactional_id is not None:
        config["transactional.id"] = f"{prefix}-{transactional_id}"
    return Producer(config)


def new_consumer(group, isolation):
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{prefix}-{group}",
            "isolation.level": isolation,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
        }
    )


main()
