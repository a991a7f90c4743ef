package weft;

import static java.util.stream.Collectors.joining;
import static weft.Steps.PATIENCE;
import static weft.Steps.eventually;
import static weft.Steps.step;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What every client says to a broker in the conversation test, with the Java client; the other scripts say the same. Prints one line a
 * step: its name, then what was seen, errors by their number.
 *
 * Arguments: bootstrap, prefix of all names.
 */
public final class Conversation {
    private static final long START_MS = 1_700_000_000_000L;
    private final String bootstrap;
    private final String prefix;
    private final String in;
    private final String out;
    private final String small;
    private final Admin admin;

    private Conversation(String bootstrap, String prefix) {
        this.bootstrap = bootstrap;
        this.prefix = prefix;
        in = prefix + "-in";
        out = prefix + "-out";
        small = prefix + "-small";
        admin = Admin.create(config());
    }

    public static void main(String[] args) throws Exception {
        new Conversation(args[0], args[1]).run();
        Runtime.getRuntime().halt(0);
    }

    private void run() throws Exception {
        topics();
        configs();
        writes();
        reads();
        deletesRecords();
        readsInGroups();
        administersGroups();
        rebalances();
        transactions();
        moves();
        deletesTopics();
    }

    // Topics and their settings.

    private void topics() throws Exception {
        step("create", () -> create(in, 2, "retention.ms", "-1") + create(out, 2) + create(small, 1));
        step("create-again", () -> create(in, 2));
        step("create-bad-name", () -> create(prefix + "/bad", 1));
        step("create-bad-setting", () -> create(prefix + "-bad", 1, "retention.ms", "never"));
        step("describe", () -> partitions(in) + " " + partitions(out) + " " + partitions(small));
        step("describe-missing", () -> "" + partitions(prefix + "-missing"));
        step("more-partitions", () -> {
            admin.createPartitions(Map.of(small, NewPartitions.increaseTo(3))).all().get();
            eventually(() -> partitions(small) == 3);
            return "" + partitions(small);
        });
        step("fewer-partitions", () -> {
            admin.createPartitions(Map.of(small, NewPartitions.increaseTo(1))).all().get();
            return "ok";
        });
        step("cluster", () -> "" + admin.describeCluster().nodes().get().size());
    }

    private void configs() throws Exception {
        step("set", () -> set("max.message.bytes", "300"));
        step("set-bad", () -> set("max.message.bytes", "many"));
        step("get", () -> {
            eventually(() -> get("max.message.bytes").equals("300"));
            return get("max.message.bytes");
        });
        step("unset", () -> set("cleanup.policy", null));
        step("get-unset", () -> get("cleanup.policy"));
    }

    private String create(String name, int partitions, String... settings) throws Exception {
        NewTopic topic = new NewTopic(name, partitions, (short) 1);
        if (settings.length > 0) topic.configs(Map.of(settings[0], settings[1]));
        admin.createTopics(List.of(topic)).all().get();
        eventually(() -> partitions(name) == partitions);
        return "ok";
    }

    private int partitions(String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    }

    private String set(String name, String value) throws Exception {
        AlterConfigOp.OpType type = value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET;
        AlterConfigOp operation = new AlterConfigOp(new ConfigEntry(name, value), type);
        admin.incrementalAlterConfigs(Map.of(resource(), List.of(operation))).all().get();
        return "ok";
    }

    private String get(String name) throws Exception {
        return admin.describeConfigs(List.of(resource())).all().get().get(resource()).get(name).value();
    }

    private ConfigResource resource() {
        return new ConfigResource(ConfigResource.Type.TOPIC, small);
    }

    // Records.

    private void writes() throws Exception {
        int round = 0;
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            long startMs = START_MS + 1000L * round++;
            step("write-" + codec, () -> {
                try (KafkaProducer<String, String> producer = producer(Map.of("compression.type", codec))) {
                    for (int i = 0; i < 4; i++) send(producer, in, null, startMs + i, "k" + i, codec + i);
                    producer.flush();
                }
                return ends(in);
            });
        }
        step("write-odd", () -> {
            try (KafkaProducer<String, String> producer = producer(Map.of())) {
                send(producer, in, 0, START_MS + 9000, null, "no key");
                send(producer, in, 0, START_MS + 9001, "no value", null);
                send(producer, in, 1, START_MS + 9002, "grüße", "日本");
                producer.flush();
            }
            return ends(in);
        });
        step("write-too-large", () -> {
            try (KafkaProducer<String, String> producer = producer(Map.of())) {
                producer.send(new ProducerRecord<>(small, 0, "k", "x".repeat(1000))).get();
            }
            return "ok";
        });
    }

    private void reads() throws Exception {
        step("read", () -> readAll(in, "read_committed"));
        step("ends", () -> offsets(in, OffsetSpec.earliest()) + " to " + ends(in));
        step("by-time", () -> offsets(in, OffsetSpec.forTimestamp(START_MS + 2000)));
        step("by-late-time", () -> offsets(in, OffsetSpec.forTimestamp(START_MS + 10_000)));
    }

    private void deletesRecords() throws Exception {
        TopicPartition partition = new TopicPartition(in, 1);
        step("delete-records", () -> deleteBefore(partition, 2));
        step("starts", () -> offsets(in, OffsetSpec.earliest()));
        step("delete-beyond", () -> deleteBefore(partition, 1000));
        step("read-deleted", () -> {
            try (KafkaConsumer<String, String> consumer = consumer(null, Map.of())) {
                consumer.assign(List.of(partition));
                consumer.seek(partition, 0);
                return text(poll(consumer, 1).get(0));
            }
        });
    }

    private String deleteBefore(TopicPartition partition, long offset) throws Exception {
        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset)));
        return "" + deleted.lowWatermarks().get(partition).get().lowWatermark();
    }

    // Groups.

    private void readsInGroups() throws Exception {
        step("group-read", () -> "" + readInGroup(21).size());
        step("group-resume", () -> {
            try (KafkaProducer<String, String> producer = producer(Map.of())) {
                send(producer, in, 0, START_MS + 20_000, "k3", "later");
                send(producer, in, 1, START_MS + 20_001, "k0", "later");
                producer.flush();
            }
            return texts(readInGroup(2));
        });
    }

    private void administersGroups() throws Exception {
        String group = prefix + "-readers";
        step("groups", () -> admin.listConsumerGroups().all().get().stream().map(listing -> listing.groupId())
            .filter(id -> id.startsWith(prefix)).map(id -> id.substring(prefix.length() + 1)).sorted().collect(joining(" ")));
        step("group-state", () -> describe(group).state() + " " + describe(group).members().size());
        step("group-offsets", () -> groupOffsets(group));
        step("group-reset", () -> {
            admin.alterConsumerGroupOffsets(group, Map.of(
                new TopicPartition(in, 0), new OffsetAndMetadata(6), new TopicPartition(in, 1), new OffsetAndMetadata(15)))
                .all().get();
            return groupOffsets(group);
        });
        step("group-reread", () -> texts(readInGroup(4)));
        step("group-delete-offset", () -> {
            admin.deleteConsumerGroupOffsets(group, Set.of(new TopicPartition(in, 0))).all().get();
            return groupOffsets(group);
        });
        step("group-delete", () -> deleteGroup(group));
        step("group-delete-again", () -> deleteGroup(group));
    }

    private List<ConsumerRecord<String, String>> readInGroup(int count) {
        try (KafkaConsumer<String, String> consumer = consumer("readers", Map.of())) {
            consumer.subscribe(List.of(in));
            List<ConsumerRecord<String, String>> records = poll(consumer, count);
            consumer.commitSync();
            return records;
        }
    }

    private String deleteGroup(String group) throws Exception {
        admin.deleteConsumerGroups(List.of(group)).all().get();
        return "ok";
    }

    private ConsumerGroupDescription describe(String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).all().get().get(group);
    }

    private String groupOffsets(String group) throws Exception {
        return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet().stream()
            .filter(entry -> entry.getValue() != null).map(entry -> entry.getKey().partition() + "/" + entry.getValue().offset())
            .sorted().collect(joining(" "));
    }

    /** Offsets of a transaction that is being completed are not there yet. */
    private String stableOffsets(String group) throws Exception {
        eventually(() -> groupOffsets(group).contains(" "));
        return groupOffsets(group);
    }

    private void rebalances() throws Exception {
        Map<String, Object> fixed = Map.of("group.instance.id", "one");
        step("static", () -> {
            String before;
            try (KafkaConsumer<String, String> consumer = consumer("static", fixed)) {
                before = owned(consumer, 2);
            }
            try (KafkaConsumer<String, String> consumer = consumer("static", fixed)) {
                String after = owned(consumer, 2);
                return before + " " + after + " " + describe(prefix + "-static").members().stream()
                    .map(member -> member.groupInstanceId().orElse("none")).collect(joining(","));
            }
        });
        Map<String, Object> cooperative = Map.of("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        step("cooperative", () -> shared(() -> consumer("coop", cooperative)));
        step("new-group", () -> shared(this::newConsumer));
        step("group-delete-busy", () -> {
            try (KafkaConsumer<String, String> consumer = consumer("busy", Map.of())) {
                owned(consumer, 2);
                return deleteGroup(prefix + "-busy");
            }
        });
    }

    /** How many partitions a member has alone, beside another one, and when that has gone. */
    private String shared(Callable<KafkaConsumer<String, String>> open) throws Exception {
        try (KafkaConsumer<String, String> first = open.call()) {
            String alone = owned(first, 2);
            String shared;
            try (KafkaConsumer<String, String> second = open.call()) {
                second.subscribe(List.of(in));
                long end = System.nanoTime() + PATIENCE.toNanos();
                while ((first.assignment().size() != 1 || second.assignment().size() != 1) && System.nanoTime() < end) {
                    first.poll(Duration.ofMillis(50));
                    second.poll(Duration.ofMillis(50));
                }
                shared = first.assignment().size() + "+" + second.assignment().size();
            }
            return alone + " " + shared + " " + owned(first, 2);
        }
    }

    /** Of a group whose partitions the broker assigns (KIP-848). */
    private KafkaConsumer<String, String> newConsumer() {
        Properties config = config();
        config.put("group.id", prefix + "-new");
        config.put("group.protocol", "consumer");
        config.put("enable.auto.commit", false);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    /** How many partitions it has when it has as many, or its time is over. */
    private String owned(KafkaConsumer<String, String> consumer, int count) {
        consumer.subscribe(List.of(in));
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (consumer.assignment().size() != count && System.nanoTime() < end) consumer.poll(Duration.ofMillis(50));
        return "" + consumer.assignment().size();
    }

    // Transactions.

    private void transactions() throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", prefix + "-writer"))) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < 4; i++) send(producer, out, null, START_MS, "k" + i, "kept" + i);
            producer.commitTransaction();
            producer.beginTransaction();
            for (int i = 0; i < 4; i++) send(producer, out, null, START_MS, "k" + i, "dropped" + i);
            producer.flush();
            step("open-ends", () -> stableEnds() + " of " + ends(out));
            producer.abortTransaction();
            producer.beginTransaction();
            for (int i = 0; i < 2; i++) send(producer, out, null, START_MS, "k" + i, "late" + i);
            producer.commitTransaction();
        }
        step("committed", () -> readAll(out, "read_committed"));
        step("everything", () -> readAll(out, "read_uncommitted"));
    }

    /** Reads, writes and commits what it read in the transaction of what it wrote; then all of it again, in vain. */
    private void moves() throws Exception {
        try (KafkaConsumer<String, String> consumer = consumer("movers", Map.of());
             KafkaProducer<String, String> producer = producer(Map.of("transactional.id", prefix + "-mover"))) {
            producer.initTransactions();
            consumer.subscribe(List.of(in));
            List<ConsumerRecord<String, String>> records = poll(consumer, 23);
            producer.beginTransaction();
            for (ConsumerRecord<String, String> record : records.subList(0, 2))
                send(producer, out, 0, START_MS, "moved", "MOVED");
            producer.sendOffsetsToTransaction(positions(records, 0), consumer.groupMetadata());
            producer.commitTransaction();
            step("moved", () -> stableOffsets(prefix + "-movers"));
            producer.beginTransaction();
            send(producer, out, 0, START_MS, "k0", "dropped");
            producer.sendOffsetsToTransaction(positions(records, 1), consumer.groupMetadata());
            producer.flush();
            producer.abortTransaction();
            step("not-moved", () -> stableOffsets(prefix + "-movers"));
            step("together", () -> readAll(out, "read_committed"));
            step("fenced", () -> {
                try (KafkaProducer<String, String> latter = producer(Map.of("transactional.id", prefix + "-mover"))) {
                    latter.initTransactions();
                    producer.beginTransaction();
                    send(producer, out, 0, START_MS, "k0", "fenced");
                    producer.commitTransaction();
                    return "no";
                }
            });
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> positions(List<ConsumerRecord<String, String>> records, int fewer) {
        Map<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>((a, b) -> a.partition() - b.partition());
        for (ConsumerRecord<String, String> record : records)
            positions.put(new TopicPartition(in, record.partition()), new OffsetAndMetadata(record.offset() + 1 - fewer));
        return positions;
    }

    private void deletesTopics() throws Exception {
        step("delete", () -> {
            admin.deleteTopics(List.of(in, out, small)).all().get();
            return "ok";
        });
        step("delete-again", () -> {
            admin.deleteTopics(List.of(in)).all().get();
            return "ok";
        });
    }

    // What the steps share.

    private String offsets(String topic, OffsetSpec spec) throws Exception {
        return offsets(topic, spec, IsolationLevel.READ_UNCOMMITTED);
    }

    private String offsets(String topic, OffsetSpec spec, IsolationLevel isolation) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new TreeMap<>((a, b) -> a.partition() - b.partition());
        for (int i = 0; i < 2; i++) asked.put(new TopicPartition(topic, i), spec);
        Map<TopicPartition, ListOffsetsResultInfo> found = admin.listOffsets(asked, new ListOffsetsOptions(isolation)).all().get();
        return asked.keySet().stream().map(at -> at.partition() + "/" + found.get(at).offset()).collect(joining(" "));
    }

    private String ends(String topic) throws Exception {
        return offsets(topic, OffsetSpec.latest());
    }

    private String stableEnds() throws Exception {
        return offsets(out, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
    }

    private String readAll(String topic, String isolation) throws Exception {
        try (KafkaConsumer<String, String> consumer = consumer(null, Map.of("isolation.level", isolation))) {
            List<TopicPartition> partitions = IntStream.range(0, 2).mapToObj(i -> new TopicPartition(topic, i)).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            while (partitions.stream().anyMatch(at -> consumer.position(at) < ends.get(at)))
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            return texts(records);
        }
    }

    private static List<ConsumerRecord<String, String>> poll(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (records.size() < count && System.nanoTime() < end)
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        return records;
    }

    private static String texts(Collection<ConsumerRecord<String, String>> records) {
        return records.stream().map(Conversation::text).sorted().collect(joining(" "));
    }

    /** `partition/offset,key=value,header@milliseconds since the start`, spaces as underscores. */
    private static String text(ConsumerRecord<String, String> record) {
        Header header = record.headers().lastHeader("of");
        String of = header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
        return String.format(Locale.ROOT, "%d/%d,%s=%s,%s@%d", record.partition(), record.offset(), record.key(), record.value(),
            of, record.timestamp() - START_MS).replace(' ', '_');
    }

    private static void send(KafkaProducer<String, String> producer, String topic, Integer partition, long timeMs, String key,
        String value) {
        ProducerRecord<String, String> record = new ProducerRecord<>(topic, partition, timeMs, key, value);
        if (value != null) record.headers().add("of", value.getBytes(StandardCharsets.UTF_8));
        producer.send(record);
    }

    private Properties config() {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        return config;
    }

    private KafkaProducer<String, String> producer(Map<String, Object> more) {
        Properties config = config();
        config.put("enable.idempotence", true);
        config.put("linger.ms", 50);
        config.putAll(more);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(String group, Map<String, Object> more) {
        Properties config = config();
        if (group != null) config.put("group.id", prefix + "-" + group);
        config.put("isolation.level", "read_committed");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        config.put("heartbeat.interval.ms", 300);
        config.put("session.timeout.ms", 6000);
        config.putAll(more);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }
}
