"""What every client says to a broker in the conversation test, with librdkafka; see Conversation.java for the steps.

Arguments: bootstrap, prefix of all names.
"""

import sys
import time

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)
from steps import eventually, patience_s, result_of, step

bootstrap, prefix = sys.argv[1:3]
topic_in, topic_out, small = f"{prefix}-in", f"{prefix}-out", f"{prefix}-small"
start_ms = 1_700_000_000_000
admin = AdminClient({"bootstrap.servers": bootstrap})


def main():
    topics()
    configs()
    writes()
    reads()
    deletes_records()
    reads_in_groups()
    administers_groups()
    rebalances()
    transactions()
    moves()
    deletes_topics()


# Topics and their settings.


def topics():
    step(
        "create", lambda: create(topic_in, 2, {"retention.ms": "-1"}) + create(topic_out, 2) + create(small, 1)
    )
    step("create-again", lambda: create(topic_in, 2))
    step("create-bad-name", lambda: create(f"{prefix}/bad", 1))
    step("create-bad-setting", lambda: create(f"{prefix}-bad", 1, {"retention.ms": "never"}))
    step("describe", lambda: f"{partitions(topic_in)} {partitions(topic_out)} {partitions(small)}")
    step("describe-missing", lambda: partitions(f"{prefix}-missing"))
    step("more-partitions", lambda: (grow(3), eventually(lambda: partitions(small) == 3), partitions(small))[2])
    step("fewer-partitions", lambda: grow(1))
    step("cluster", lambda: len(admin.describe_cluster().result().nodes))


def configs():
    step("set", lambda: alter("max.message.bytes", "300"))
    step("set-bad", lambda: alter("max.message.bytes", "many"))
    step("get", lambda: (eventually(lambda: get("max.message.bytes") == "300"), get("max.message.bytes"))[1])
    step("unset", lambda: alter("cleanup.policy", None))
    step("get-unset", lambda: get("cleanup.policy"))


def create(name, count, settings=None):
    result_of(admin.create_topics([NewTopic(name, count, 1, config=settings or {})]))
    eventually(lambda: partitions(name) == count)
    return "ok"


def partitions(topic):
    described = result_of(admin.describe_topics(TopicCollection([topic])))
    return len(described.partitions)


def grow(count):
    result_of(admin.create_partitions([NewPartitions(small, count)]))
    return "ok"


def alter(name, value):
    kind = AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
    entry = ConfigEntry(name, value, incremental_operation=kind)
    resource = ConfigResource(ResourceType.TOPIC, small, incremental_configs=[entry])
    result_of(admin.incremental_alter_configs([resource]))
    return "ok"


def get(name):
    return result_of(admin.describe_configs([ConfigResource(ResourceType.TOPIC, small)]))[name].value


# Records.


def writes():
    for number, codec in enumerate(["none", "gzip", "snappy", "lz4", "zstd"]):
        step(f"write-{codec}", lambda number=number, codec=codec: write(number, codec))
    step("write-odd", write_odd)
    step("write-too-large", write_too_large)


def write(number, codec):
    producer = new_producer({"compression.type": codec})
    for i in range(4):
        send(producer, topic_in, start_ms + 1000 * number + i, f"k{i}", f"{codec}{i}")
    producer.flush()
    return ends(topic_in)


def write_odd():
    producer = new_producer()
    send(producer, topic_in, start_ms + 9000, None, "no key", 0)
    send(producer, topic_in, start_ms + 9001, "no value", None, 0)
    send(producer, topic_in, start_ms + 9002, "grüße", "日本", 1)
    producer.flush()
    return ends(topic_in)


def write_too_large():
    producer, failures = new_producer(), []
    producer.produce(
        small, key="k", value="x" * 1000, partition=0, on_delivery=lambda error, _: failures.append(error)
    )
    producer.flush()
    if failures[0] is not None:
        raise KafkaException(failures[0])
    return "ok"


def reads():
    step("read", lambda: read_all(topic_in, "read_committed"))
    step("ends", lambda: f"{offsets(topic_in, OffsetSpec.earliest())} to {ends(topic_in)}")
    step("by-time", lambda: offsets(topic_in, OffsetSpec.for_timestamp(start_ms + 2000)))
    step("by-late-time", lambda: offsets(topic_in, OffsetSpec.for_timestamp(start_ms + 10_000)))


def deletes_records():
    step("delete-records", lambda: delete_before(2))
    step("starts", lambda: offsets(topic_in, OffsetSpec.earliest()))
    step("delete-beyond", lambda: delete_before(1000))
    step("read-deleted", read_deleted)


def delete_before(offset):
    return result_of(admin.delete_records([TopicPartition(topic_in, 1, offset)])).low_watermark


def read_deleted():
    consumer = new_consumer("alone")
    consumer.assign([TopicPartition(topic_in, 1, 0)])
    record = poll(consumer, 1)[0]
    consumer.close()
    return text(record)


# Groups.


def reads_in_groups():
    step("group-read", lambda: len(read_in_group(21)))
    step("group-resume", group_resume)


def group_resume():
    producer = new_producer()
    send(producer, topic_in, start_ms + 20_000, "k3", "later", 0)
    send(producer, topic_in, start_ms + 20_001, "k0", "later", 1)
    producer.flush()
    return texts(read_in_group(2))


def read_in_group(count):
    consumer = new_consumer("readers")
    consumer.subscribe([topic_in])
    records = poll(consumer, count)
    consumer.commit(asynchronous=False)
    consumer.close()
    return records


def administers_groups():
    group = f"{prefix}-readers"
    step("groups", groups)
    step("group-state", lambda: f"{camel(describe(group).state.name)} {len(describe(group).members)}")
    step("group-offsets", lambda: group_offsets(group))
    step("group-reset", lambda: group_reset(group))
    step("group-reread", lambda: texts(read_in_group(4)))
    step("group-delete-offset", lambda: "not offered")
    step("group-delete", lambda: delete_group(group))
    step("group-delete-again", lambda: delete_group(group))


def groups():
    listed = admin.list_consumer_groups().result().valid
    names = [one.group_id.removeprefix(f"{prefix}-") for one in listed if one.group_id.startswith(prefix)]
    return " ".join(sorted(names))


def describe(group):
    return result_of(admin.describe_consumer_groups([group]))


def camel(name):
    return name.title().replace("_", "")


def group_offsets(group):
    asked = [ConsumerGroupTopicPartitions(group)]
    found = result_of(admin.list_consumer_group_offsets(asked, require_stable=True)).topic_partitions
    return " ".join(sorted(f"{at.partition}/{at.offset}" for at in found))


def stable_offsets(group):
    """Offsets of a transaction that is being completed are not there yet."""
    eventually(lambda: " " in group_offsets(group) and "/-" not in group_offsets(group))
    return group_offsets(group)


def group_reset(group):
    to = [TopicPartition(topic_in, 0, 6), TopicPartition(topic_in, 1, 15)]
    result_of(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, to)]))
    return group_offsets(group)


def delete_group(group):
    result_of(admin.delete_consumer_groups([group]))
    return "ok"


def rebalances():
    step("static", static)
    strategy = {"partition.assignment.strategy": "cooperative-sticky"}
    step("cooperative", lambda: shared(lambda: new_consumer("coop", strategy)))
    step("new-group", lambda: shared(new_group_consumer, 6))
    step("group-delete-busy", busy)


def static():
    def one():
        return new_consumer("static", {"group.instance.id": "one"})

    consumer = one()
    before = owned(consumer, 2)
    consumer.close()
    consumer = one()
    after = owned(consumer, 2)
    members = describe(f"{prefix}-static").members
    consumer.close()
    return f"{before} {after} {','.join(member.group_instance_id or 'none' for member in members)}"


def shared(member, wait_s=patience_s):
    """How many partitions a member has alone, beside another one, and when that has gone."""
    first = member()
    alone = owned(first, 2, wait_s)
    if alone != 2:
        return alone
    second = member()
    second.subscribe([topic_in])
    end = time.monotonic() + patience_s
    while (len(first.assignment()), len(second.assignment())) != (1, 1) and time.monotonic() < end:
        first.poll(0.05)
        second.poll(0.05)
    beside = f"{len(first.assignment())}+{len(second.assignment())}"
    second.close()
    again = owned(first, 2)
    first.close()
    return f"{alone} {beside} {again}"


def busy():
    consumer = new_consumer("busy")
    owned(consumer, 2)
    try:
        return delete_group(f"{prefix}-busy")
    finally:
        consumer.close()


def owned(consumer, count, wait_s=patience_s):
    """How many partitions it has when it has as many, or its time is over."""
    consumer.subscribe([topic_in])
    end = time.monotonic() + wait_s
    while len(consumer.assignment()) != count and time.monotonic() < end:
        consumer.poll(0.05)
    return len(consumer.assignment())


# Transactions.


def transactions():
    producer = new_producer({"transactional.id": f"{prefix}-writer"})
    producer.init_transactions()
    producer.begin_transaction()
    for i in range(4):
        send(producer, topic_out, start_ms, f"k{i}", f"kept{i}")
    producer.commit_transaction()
    producer.begin_transaction()
    for i in range(4):
        send(producer, topic_out, start_ms, f"k{i}", f"dropped{i}")
    producer.flush()
    step("open-ends", lambda: f"{stable_ends()} of {ends(topic_out)}")
    producer.abort_transaction()
    producer.begin_transaction()
    for i in range(2):
        send(producer, topic_out, start_ms, f"k{i}", f"late{i}")
    producer.commit_transaction()
    step("committed", lambda: read_all(topic_out, "read_committed"))
    step("everything", lambda: read_all(topic_out, "read_uncommitted"))


def moves():
    """Reads, writes and commits what it read in the transaction of what it wrote; then all of it again, in vain."""
    consumer, producer = new_consumer("movers"), new_producer({"transactional.id": f"{prefix}-mover"})
    producer.init_transactions()
    consumer.subscribe([topic_in])
    records = poll(consumer, 23)
    producer.begin_transaction()
    for _ in range(2):
        send(producer, topic_out, start_ms, "moved", "MOVED", 0)
    producer.send_offsets_to_transaction(positions(records, 0), consumer.consumer_group_metadata())
    producer.commit_transaction()
    step("moved", lambda: stable_offsets(f"{prefix}-movers"))
    producer.begin_transaction()
    send(producer, topic_out, start_ms, "k0", "dropped", 0)
    producer.send_offsets_to_transaction(positions(records, 1), consumer.consumer_group_metadata())
    producer.flush()
    producer.abort_transaction()
    step("not-moved", lambda: stable_offsets(f"{prefix}-movers"))
    step("together", lambda: read_all(topic_out, "read_committed"))
    step("fenced", lambda: fence(producer))
    consumer.close()


def fence(former):
    latter = new_producer({"transactional.id": f"{prefix}-mover"})
    latter.init_transactions()
    former.begin_transaction()
    send(former, topic_out, start_ms, "k0", "fenced", 0)
    former.commit_transaction()
    return "no"


def positions(records, fewer):
    found = {record.partition(): record.offset() + 1 - fewer for record in records}
    return [TopicPartition(topic_in, partition, offset) for partition, offset in found.items()]


def deletes_topics():
    step("delete", lambda: delete(topic_in, topic_out, small))
    step("delete-again", lambda: delete(topic_in))


def delete(*names):
    for future in admin.delete_topics(list(names)).values():
        future.result()
    return "ok"


# What the steps share.


def offsets(topic, spec, isolation=IsolationLevel.READ_UNCOMMITTED):
    asked = {TopicPartition(topic, partition): spec for partition in (0, 1)}
    found = admin.list_offsets(asked, isolation_level=isolation)
    return " ".join(sorted(f"{at.partition}/{future.result().offset}" for at, future in found.items()))


def ends(topic):
    return offsets(topic, OffsetSpec.latest())


def stable_ends():
    return offsets(topic_out, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)


def read_all(topic, isolation):
    consumer = new_consumer("alone", {"isolation.level": isolation, "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in (0, 1)])
    records, ended, end = [], set(), time.monotonic() + patience_s
    while len(ended) < 2 and time.monotonic() < end:
        record = consumer.poll(0.1)
        if record is None:
            continue
        if record.error() is None:
            records.append(record)
        else:
            ended.add(record.partition())
    consumer.close()
    return texts(records)


def poll(consumer, count):
    records, end = [], time.monotonic() + patience_s
    while len(records) < count and time.monotonic() < end:
        records += consumer.consume(count - len(records), 0.1)
    return records


def texts(records):
    return " ".join(sorted(text(record) for record in records))


def text(record):
    key, value = (None if part is None else part.decode() for part in (record.key(), record.value()))
    of = dict(record.headers() or []).get("of", b"").decode()
    key, value = ("null" if part is None else part for part in (key, value))
    line = f"{record.partition()}/{record.offset()},{key}={value},{of}@{record.timestamp()[1] - start_ms}"
    return line.replace(" ", "_")


def send(producer, topic, time_ms, key, value, partition=-1):
    headers = [] if value is None else [("of", value.encode())]
    producer.produce(
        topic, key=key, value=value, partition=partition, timestamp=time_ms, headers=headers
    )


def new_producer(more=None):
    # Its own default partitioner differs from that of all others.
    config = {"bootstrap.servers": bootstrap, "enable.idempotence": True, "partitioner": "murmur2_random"}
    return Producer({**config, "linger.ms": 50, **(more or {})})


def new_consumer(group, more=None):
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{prefix}-{group}",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
            "heartbeat.interval.ms": 300,
            "session.timeout.ms": 6000,
            **(more or {}),
        }
    )


def new_group_consumer():
    """Of a group whose partitions the broker assigns (KIP-848)."""
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{prefix}-new",
            "group.protocol": "consumer",
            "enable.auto.commit": False,
        }
    )


main()
