package weft;

import static weft.Steps.PATIENCE;
import static weft.Steps.step;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What every client says to a broker that asks who it is, with the Java client; the other scripts say the same. "boss" may do everything;
 * "ann" may use the topic, the group and the transactional id {@code PREFIX-open}, and nothing that is {@code PREFIX-closed}.
 *
 * Arguments: bootstrap of a listener with SASL, prefix of all names, the passwords of ann and boss.
 */
public final class Guarded {
    private final String bootstrap;
    private final String open;
    private final String closed;
    private final String annSecret;
    private final String bossSecret;

    private Guarded(String[] args) {
        bootstrap = args[0];
        open = args[1] + "-open";
        closed = args[1] + "-closed";
        annSecret = args[2];
        bossSecret = args[3];
    }

    public static void main(String[] args) throws Exception {
        new Guarded(args).run();
        Runtime.getRuntime().halt(0);
    }

    private void run() throws Exception {
        for (String mechanism : List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"))
            step(mechanism.toLowerCase(), () -> partitions(config(mechanism, "boss", bossSecret)));
        step("wrong-secret", () -> partitions(config("PLAIN", "boss", "wrong-secret")));
        step("write-open", () -> write(open));
        step("write-closed", () -> write(closed));
        step("read-open", () -> read(open, open));
        step("read-closed", () -> read(closed, open));
        step("group-closed", () -> read(open, closed));
        step("transaction-open", () -> commit(open));
        step("transaction-closed", () -> commit(closed));
        step("create", () -> {
            try (Admin admin = Admin.create(ann())) {
                admin.createTopics(List.of(new NewTopic(closed + "-new", 1, (short) 1))).all().get();
                return "ok";
            }
        });
    }

    private String partitions(Properties config) throws Exception {
        try (Admin admin = Admin.create(config)) {
            return "" + admin.describeTopics(List.of(open)).allTopicNames().get().get(open).partitions().size();
        }
    }

    private String write(String topic) throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic, 0, "k", "v")).get();
            return "ok";
        }
    }

    private String commit(String id) throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", id))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(open, 0, "k", "v")).get();
            producer.commitTransaction();
            return "ok";
        }
    }

    private String read(String topic, String group) {
        Properties config = ann();
        config.put("group.id", group);
        config.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.currentTimeMillis() + PATIENCE.toMillis();
            while (System.currentTimeMillis() < deadline)
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) return record.value();
            return "nothing";
        }
    }

    private KafkaProducer<String, String> producer(Map<String, Object> more) {
        Properties config = ann();
        config.putAll(more);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private Properties ann() {
        return config("PLAIN", "ann", annSecret);
    }

    private Properties config(String mechanism, String user, String secret) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("security.protocol", "SASL_PLAINTEXT");
        config.put("sasl.mechanism", mechanism);
        String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
        String quoted = secret.replace("\\", "\\\\").replace("\"", "\\\"");
        config.put("sasl.jaas.config", "org.apache.kafka.common.security." + module + " required username=\"" + user
            + "\" password=\"" + quoted + "\";");
        return config;
    }
}
