"""The conversation of administrators with librdkafka; see Administration.java for the steps."""

import sys
import time

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, ElectionType, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
)
from steps import eventually, result_of, step

bootstrap, prefix = sys.argv[1:3]
topic, missing, vault = f"{prefix}-times", f"{prefix}-missing", f"{prefix}-vault"
start_ms, now_ms = 1_700_000_000_000, 60_000
time_type = "message.timestamp.type"
admin = AdminClient({"bootstrap.servers": bootstrap})


def main():
    times()
    transactions()
    step("log-dirs", not_offered)
    step("elect", lambda: elect(topic))
    step("elect-missing", lambda: elect(missing))
    rules()


def not_offered():
    return "not offered"


# Who sets the time of a record.


def times():
    step("create", create)
    step("append-time-told", lambda: time_text(write()))
    step("append-time", lambda: time_text(read(0)[1]))
    step("append-time-type", lambda: "LogAppendTime" if read(0)[0] == TIMESTAMP_LOG_APPEND_TIME else "CreateTime")
    step("by-append-time", lambda: offsets(OffsetSpec.for_timestamp(start_ms + 1)))
    step("newest", lambda: offsets(OffsetSpec.max_timestamp()))
    step("create-time", create_time)


def create():
    result_of(admin.create_topics([NewTopic(topic, 2, 1, config={time_type: "LogAppendTime"})]))
    eventually(lambda: len(admin.list_topics(topic).topics[topic].partitions) == 2)
    return "ok"


def create_time():
    set_config(time_type, "CreateTime")
    set_config("max.message.bytes", "1000000")
    write()
    return time_text(read(1)[1])


def set_config(name, value):
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    result_of(
        admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])])
    )
    resource = ConfigResource(ResourceType.TOPIC, topic)
    eventually(lambda: result_of(admin.describe_configs([resource]))[name].value == value)


def write():
    producer, told = Producer({"bootstrap.servers": bootstrap}), []
    producer.produce(
        topic, "v", "k", 0, timestamp=start_ms, on_delivery=lambda _, message: told.append(message.timestamp()[1])
    )
    producer.flush()
    return told[0]


def read(offset):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{prefix}-none"})
    consumer.assign([TopicPartition(topic, 0, offset)])
    message = consumer.poll(20)
    consumer.close()
    return message.timestamp()


def time_text(timestamp_ms):
    if timestamp_ms == start_ms:
        return "given"
    return "now" if abs(time.time() * 1000 - timestamp_ms) < now_ms else timestamp_ms


def offsets(spec):
    found = admin.list_offsets({TopicPartition(topic, partition): spec for partition in (0, 1)})
    return " ".join(sorted(f"{at.partition}/{future.result().offset}" for at, future in found.items()))


# Producers and transactions: it writes them, and has no call that tells of them.


def transactions():
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"{prefix}-admin-writer"})
    producer.init_transactions()
    producer.begin_transaction()
    for partition in (0, 1):
        producer.produce(topic, "v", "k", partition, timestamp=start_ms)
    producer.commit_transaction()
    for name in ("producers", "transaction", "transactions", "transaction-ended", "transactions-ended"):
        step(name, not_offered)
    for name in ("producers-ended", "transaction-missing"):
        step(name, not_offered)


def elect(name):
    for failed in admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition(name, 0)]).result().values():
        if failed is not None:
            raise failed if isinstance(failed, KafkaException) else KafkaException(failed)
    return "ok"


# Rules of access.


def rules():
    reads = AclBinding(
        ResourceType.TOPIC, vault, ResourcePatternType.LITERAL, "User:ann", "*", AclOperation.READ, AclPermissionType.ALLOW
    )
    in_group = AclBinding(
        ResourceType.GROUP, vault, ResourcePatternType.LITERAL, "User:ann", "*", AclOperation.ALL, AclPermissionType.ALLOW
    )
    denied = AclBinding(
        ResourceType.TOPIC,
        f"{prefix}-va",
        ResourcePatternType.PREFIXED,
        "User:bob",
        "10.0.0.1",
        AclOperation.WRITE,
        AclPermissionType.DENY,
    )
    bad = AclBinding(
        ResourceType.TOPIC, vault, ResourcePatternType.LITERAL, "ann", "*", AclOperation.READ, AclPermissionType.ALLOW
    )
    of_topic = rule_filter(ResourceType.TOPIC, ResourcePatternType.LITERAL)
    matching = rule_filter(ResourceType.ANY, ResourcePatternType.MATCH)
    of_ann = rule_filter(ResourceType.ANY, ResourcePatternType.LITERAL, "User:ann")
    step("acl-create", lambda: grant(reads, in_group, denied))
    eventually(lambda: len(admin.describe_acls(matching).result()) == 3)
    step("acl-create-bad", lambda: grant(bad))
    step("acl-of-topic", lambda: rules_text(admin.describe_acls(of_topic).result()))
    step("acl-that-match", lambda: rules_text(admin.describe_acls(matching).result()))
    step("acl-delete", lambda: rules_text(result_of(admin.delete_acls([of_ann]))))
    eventually(lambda: len(admin.describe_acls(matching).result()) == 1)
    step("acl-left", lambda: rules_text(admin.describe_acls(matching).result()))
    step("acl-delete-again", lambda: rules_text(result_of(admin.delete_acls([of_ann]))))


def rule_filter(resource_type, pattern, principal=None):
    return AclBindingFilter(
        resource_type, vault, pattern, principal, None, AclOperation.ANY, AclPermissionType.ANY
    )


def grant(*granted):
    for future in admin.create_acls(list(granted)).values():
        future.result()
    return "ok"


def rules_text(found):
    return " ".join(sorted(rule_text(rule) for rule in found)) or "none"


def rule_text(rule):
    name = rule.name.removeprefix(f"{prefix}-")
    parts = [rule.restype.name, rule.resource_pattern_type.name, name, rule.principal, rule.host]
    return ",".join([*parts, rule.operation.name, rule.permission_type.name]).lower()


main()
