"""Prints OFFSET KEY VALUE of a partition's records, from its beginning to its end. Arguments: bootstrap, topic."""

import sys

from confluent_kafka import Consumer, KafkaError, TopicPartition

bootstrap, topic = sys.argv[1:3]
settings = {"bootstrap.servers": bootstrap, "group.id": "readers", "enable.partition.eof": True}
consumer = Consumer({**settings, "check.crcs": True})
consumer.assign([TopicPartition(topic, 0, 0)])
while True:
    record = consumer.poll(20)
    if record is None or (record.error() and record.error().code() == KafkaError._PARTITION_EOF):
        break
    print(record.offset(), *(None if part is None else part.decode() for part in (record.key(), record.value())))
consumer.close()
