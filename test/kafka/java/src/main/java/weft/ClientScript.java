package weft;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What every client does with a broker in the test of clients, with the Java client; the other scripts do the same. Prints
 * what it saw: one line for each step, its name and then the records or offsets.
 *
 * Arguments: bootstrap, prefix of all names.
 */
public final class ClientScript {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration GRACE = Duration.ofMillis(700);
    private final String bootstrap;
    private final String prefix;
    private final String in;
    private final String out;

    private ClientScript(String bootstrap, String prefix) {
        this.bootstrap = bootstrap;
        this.prefix = prefix;
        in = prefix + "-in";
        out = prefix + "-out";
    }

    public static void main(String[] args) throws Exception {
        new ClientScript(args[0], args[1]).run();
    }

    private void run() throws Exception {
        createTopics();
        try (KafkaProducer<String, String> producer = producer(null)) {
            for (int i = 0; i < 6; i++) send(producer, in, "k" + i, "v" + i);
            producer.flush();
            print("read", readAndCommit("readers", 6));
            for (int i = 0; i < 4; i++) send(producer, in, "k" + i, "w" + i);
        }
        print("resumed", readAndCommit("readers", 4));
        transactions();
        print("committed", readAll("read_committed", 6));
        print("everything", readAll("read_uncommitted", 10));
        move();
    }

    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(config())) {
            admin.createTopics(List.of(new NewTopic(in, 2, (short) 1), new NewTopic(out, 2, (short) 1))).all().get();
        }
    }

    private void transactions() {
        try (KafkaProducer<String, String> producer = producer("writer")) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < 4; i++) send(producer, out, "k" + i, "kept" + i);
            producer.commitTransaction();
            producer.beginTransaction();
            for (int i = 0; i < 4; i++) send(producer, out, "k" + i, "dropped" + i);
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            for (int i = 0; i < 2; i++) send(producer, out, "k" + i, "late" + i);
            producer.commitTransaction();
        }
    }

    /** Reads, writes and commits what it read in the transaction of what it wrote; then all of it again, in vain. */
    private void move() {
        try (KafkaConsumer<String, String> consumer = consumer("movers", "read_committed");
             KafkaProducer<String, String> producer = producer("mover")) {
            producer.initTransactions();
            consumer.subscribe(List.of(in));
            List<ConsumerRecord<String, String>> records = poll(consumer, 10);
            producer.beginTransaction();
            for (ConsumerRecord<String, String> record : records)
                send(producer, out, record.key(), record.value().toUpperCase(Locale.ROOT));
            producer.sendOffsetsToTransaction(positions(records, 0), consumer.groupMetadata());
            producer.commitTransaction();
            print("moved", committed(consumer));
            producer.beginTransaction();
            send(producer, out, "k0", "dropped");
            producer.sendOffsetsToTransaction(positions(records, 1), consumer.groupMetadata());
            producer.flush();
            producer.abortTransaction();
            print("aborted", committed(consumer));
            print("together", readAll("read_committed", 16));
            fence(producer);
        }
    }

    private void fence(KafkaProducer<String, String> former) {
        try (KafkaProducer<String, String> latter = producer("mover")) {
            latter.initTransactions();
            former.beginTransaction();
            send(former, out, "k0", "fenced");
            former.commitTransaction();
            print("fenced", List.of("no"));
        } catch (ApiException expected) {
            print("fenced", List.of(expected.getClass().getSimpleName()));
        }
    }

    private List<String> readAndCommit(String group, int count) {
        try (KafkaConsumer<String, String> consumer = consumer(group, "read_committed")) {
            consumer.subscribe(List.of(in));
            List<ConsumerRecord<String, String>> records = poll(consumer, count);
            consumer.commitSync();
            return texts(records);
        }
    }

    private List<String> readAll(String isolation, int count) {
        try (KafkaConsumer<String, String> consumer = consumer("all-" + isolation + count, isolation)) {
            consumer.subscribe(List.of(out));
            return texts(poll(consumer, count));
        }
    }

    /** Waits for as many records as there should be, and a little for more than that. */
    private static List<ConsumerRecord<String, String>> poll(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (records.size() < count && System.nanoTime() < end) consumer.poll(GRACE).forEach(records::add);
        consumer.poll(GRACE).forEach(records::add);
        return records;
    }

    private Map<TopicPartition, OffsetAndMetadata> positions(List<ConsumerRecord<String, String>> records, int fewer) {
        Map<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>((a, b) -> a.partition() - b.partition());
        for (ConsumerRecord<String, String> record : records) {
            positions.put(new TopicPartition(in, record.partition()), new OffsetAndMetadata(record.offset() + 1 - fewer));
        }
        return positions;
    }

    private List<String> committed(KafkaConsumer<String, String> consumer) {
        Set<TopicPartition> partitions = Set.of(new TopicPartition(in, 0), new TopicPartition(in, 1));
        return consumer.committed(partitions).entrySet().stream()
            .map(entry -> entry.getKey().partition() + "/" + entry.getValue().offset()).sorted().toList();
    }

    private static List<String> texts(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(record -> record.partition() + "/" + record.offset() + "," + record.key() + "="
            + record.value() + header(record)).sorted().toList();
    }

    private static String header(ConsumerRecord<String, String> record) {
        Header header = record.headers().lastHeader("of");
        return "," + (header == null ? "" : new String(header.value(), StandardCharsets.UTF_8));
    }

    private static void send(KafkaProducer<String, String> producer, String topic, String key, String value) {
        ProducerRecord<String, String> record = new ProducerRecord<>(topic, key, value);
        record.headers().add("of", value.getBytes(StandardCharsets.UTF_8));
        producer.send(record);
    }

    private static void print(String step, List<String> seen) {
        System.out.println(step + " " + seen.stream().collect(Collectors.joining(" ")));
    }

    private Properties config() {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        return config;
    }

    private KafkaProducer<String, String> producer(String transactionalId) {
        Properties config = config();
        config.put("enable.idempotence", true);
        if (transactionalId != null) config.put("transactional.id", prefix + "-" + transactionalId);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(String group, String isolation) {
        Properties config = config();
        config.put("group.id", prefix + "-" + group);
        config.put("isolation.level", isolation);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }
}
