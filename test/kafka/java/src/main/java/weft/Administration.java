package weft;

import static java.util.stream.Collectors.joining;
import static weft.Steps.eventually;
import static weft.Steps.step;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What every client says to a broker as its administrator, with the Java client; the other scripts say the same, as far as they can: who
 * sets the time of records, producers and transactions, log folders, elections, rules of access.
 *
 * Arguments: bootstrap of a listener where everything may be done, prefix of all names.
 */
public final class Administration {
    private static final long START_MS = 1_700_000_000_000L;
    private static final long NOW_MS = 60_000;
    private static final String ANN = "User:ann";
    private final String bootstrap;
    private final String prefix;
    private final String topic;
    private final String missing;
    private final String writer;
    private final String vault;
    private final TopicPartition first;
    private final Admin admin;

    private Administration(String bootstrap, String prefix) {
        this.bootstrap = bootstrap;
        this.prefix = prefix;
        topic = prefix + "-times";
        missing = prefix + "-missing";
        writer = prefix + "-admin-writer";
        vault = prefix + "-vault";
        first = new TopicPartition(topic, 0);
        admin = Admin.create(config());
    }

    public static void main(String[] args) throws Exception {
        new Administration(args[0], args[1]).run();
        Runtime.getRuntime().halt(0);
    }

    private void run() throws Exception {
        times();
        transactions();
        places();
        rules();
    }

    // Who sets the time of a record.

    private void times() throws Exception {
        step("create", () -> {
            NewTopic appended = new NewTopic(topic, 2, (short) 1).configs(Map.of("message.timestamp.type", "LogAppendTime"));
            admin.createTopics(List.of(appended)).all().get();
            eventually(() -> admin.describeTopics(List.of(topic)).allTopicNames().get().size() == 1);
            return "ok";
        });
        step("append-time-told", () -> time(write()));
        step("append-time", () -> time(read(0).timestamp()));
        step("append-time-type", () -> read(0).timestampType().name);
        step("by-append-time", () -> offsets(OffsetSpec.forTimestamp(START_MS + 1)));
        step("newest", () -> offsets(OffsetSpec.maxTimestamp()));
        step("create-time", () -> {
            set("message.timestamp.type", "CreateTime");
            // A broker tells a setting a little before its log has it; once it tells a later one, the log has the former.
            set("max.message.bytes", "1000000");
            write();
            return time(read(1).timestamp());
        });
    }

    private void set(String name, String value) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        AlterConfigOp operation = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(operation))).all().get();
        eventually(() -> admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name).value().equals(value));
    }

    private long write() throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            return producer.send(new ProducerRecord<>(topic, 0, START_MS, "k", "v")).get().timestamp();
        }
    }

    private ConsumerRecord<String, String> read(long offset) {
        Properties config = config();
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(first));
            consumer.seek(first, offset);
            while (true)
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) return record;
        }
    }

    private static String time(long timestampMs) {
        if (timestampMs == START_MS) return "given";
        return Math.abs(System.currentTimeMillis() - timestampMs) < NOW_MS ? "now" : "" + timestampMs;
    }

    private String offsets(OffsetSpec spec) throws Exception {
        TopicPartition second = new TopicPartition(topic, 1);
        var found = admin.listOffsets(Map.of(first, spec, second, spec)).all().get();
        return "0/" + found.get(first).offset() + " 1/" + found.get(second).offset();
    }

    // Producers and transactions.

    private void transactions() throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", writer))) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < 2; i++) producer.send(new ProducerRecord<>(topic, i, START_MS, "k", "v"));
            producer.flush();
            step("producers", () -> producers());
            step("transaction", () -> transaction(writer));
            step("transactions", this::openTransactions);
            producer.commitTransaction();
        }
        step("transaction-ended", () -> {
            eventually(() -> transaction(writer).startsWith("Complete"));
            return transaction(writer);
        });
        step("transactions-ended", () -> {
            eventually(() -> openTransactions().equals("none"));
            return openTransactions();
        });
        step("producers-ended", () -> {
            eventually(() -> producers().equals("none"));
            return producers();
        });
        step("transaction-missing", () -> transaction(missing));
    }

    /** Where the open transaction of each partition begins. */
    private String producers() throws Exception {
        List<TopicPartition> both = IntStream.range(0, 2).mapToObj(i -> new TopicPartition(topic, i)).toList();
        var described = admin.describeProducers(both).all().get();
        return listed(both.stream().flatMap(at -> described.get(at).activeProducers().stream()
            .flatMap(state -> state.currentTransactionStartOffset().stream().mapToObj(start -> at.partition() + "/" + start))));
    }

    private String transaction(String id) throws Exception {
        TransactionDescription described = admin.describeTransactions(List.of(id)).description(id).get();
        Stream<String> partitions = described.topicPartitions().stream().map(at -> "" + at.partition()).sorted();
        return Stream.concat(Stream.of(described.state().toString()), partitions).collect(joining(" "));
    }

    private String openTransactions() throws Exception {
        var options = new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING));
        return listed(admin.listTransactions(options).all().get().stream().map(listing -> listing.transactionalId())
            .filter(writer::equals).map(this::bare));
    }

    // Where logs are, and who leads them.

    private void places() throws Exception {
        step("log-dirs", () -> {
            int broker = admin.describeCluster().nodes().get().iterator().next().id();
            Collection<LogDirDescription> folders = admin.describeLogDirs(List.of(broker)).allDescriptions().get().get(broker).values();
            Stream<String> filled = folders.stream().flatMap(folder -> folder.replicaInfos().entrySet().stream())
                .filter(entry -> entry.getKey().topic().equals(topic) && isFilled(entry.getValue()))
                .map(entry -> "" + entry.getKey().partition()).sorted();
            return folders.size() + ": " + filled.collect(joining(" "));
        });
        step("elect", () -> elect(topic));
        step("elect-missing", () -> elect(missing));
    }

    private static boolean isFilled(ReplicaInfo replica) {
        return replica.size() > 0 && replica.offsetLag() == 0 && !replica.isFuture();
    }

    private String elect(String name) throws Exception {
        TopicPartition partition = new TopicPartition(name, 0);
        admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).all().get();
        return "ok";
    }

    // Rules of access.

    private void rules() throws Exception {
        step("acl-create", () -> grant(
            rule(ResourceType.TOPIC, PatternType.LITERAL, vault, ANN, "*", AclOperation.READ, AclPermissionType.ALLOW),
            rule(ResourceType.GROUP, PatternType.LITERAL, vault, ANN, "*", AclOperation.ALL, AclPermissionType.ALLOW),
            rule(ResourceType.TOPIC, PatternType.PREFIXED, prefix + "-va", "User:bob", "10.0.0.1", AclOperation.WRITE, AclPermissionType.DENY)));
        untilRules(3);
        step("acl-create-bad", () -> grant(
            rule(ResourceType.TOPIC, PatternType.LITERAL, vault, "ann", "*", AclOperation.READ, AclPermissionType.ALLOW)));
        step("acl-of-topic", () -> rulesOf(filter(ResourceType.TOPIC, PatternType.LITERAL, null)));
        step("acl-that-match", () -> rulesOf(filter(ResourceType.ANY, PatternType.MATCH, null)));
        step("acl-delete", () -> revoke(filter(ResourceType.ANY, PatternType.LITERAL, ANN)));
        untilRules(1);
        step("acl-left", () -> rulesOf(filter(ResourceType.ANY, PatternType.MATCH, null)));
        step("acl-delete-again", () -> revoke(filter(ResourceType.ANY, PatternType.LITERAL, ANN)));
    }

    private static AclBinding rule(ResourceType type, PatternType pattern, String name, String principal, String host,
        AclOperation operation, AclPermissionType permission) {
        return new AclBinding(new ResourcePattern(type, name, pattern), new AccessControlEntry(principal, host, operation, permission));
    }

    private AclBindingFilter filter(ResourceType type, PatternType pattern, String principal) {
        return new AclBindingFilter(new ResourcePatternFilter(type, vault, pattern),
            new AccessControlEntryFilter(principal, null, AclOperation.ANY, AclPermissionType.ANY));
    }

    private String grant(AclBinding... rules) throws Exception {
        admin.createAcls(List.of(rules)).all().get();
        return "ok";
    }

    private String rulesOf(AclBindingFilter filter) throws Exception {
        return texts(admin.describeAcls(filter).values().get());
    }

    private void untilRules(int count) throws Exception {
        eventually(() -> admin.describeAcls(filter(ResourceType.ANY, PatternType.MATCH, null)).values().get().size() == count);
    }

    private String revoke(AclBindingFilter filter) throws Exception {
        return texts(admin.deleteAcls(List.of(filter)).all().get());
    }

    private String texts(Collection<AclBinding> rules) {
        return listed(rules.stream().map(this::text));
    }

    private String text(AclBinding rule) {
        AccessControlEntry entry = rule.entry();
        ResourcePattern pattern = rule.pattern();
        return Stream.of(pattern.resourceType(), pattern.patternType(), bare(pattern.name()), entry.principal(), entry.host(),
            entry.operation(), entry.permissionType()).map(part -> part.toString().toLowerCase(Locale.ROOT)).collect(joining(","));
    }

    // What the steps share.

    private static String listed(Stream<String> found) {
        String text = found.sorted().collect(joining(" "));
        return text.isEmpty() ? "none" : text;
    }

    private String bare(String name) {
        return name.substring(prefix.length() + 1);
    }

    private Properties config() {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        return config;
    }

    private KafkaProducer<String, String> producer(Map<String, Object> more) {
        Properties config = config();
        config.putAll(more);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }
}
