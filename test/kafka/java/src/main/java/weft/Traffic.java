package weft;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;

/**
 * Writes numbers to a topic, some in each of many transactions, and reads them in a group at the same time, committing as it goes, until
 * all have come. Prints how many were lost and how many came twice: none, whatever happens to the brokers meanwhile.
 *
 * Arguments: bootstrap, count of numbers, how many in a transaction.
 */
public final class Traffic {
    private static final long PATIENCE_MS = 60_000;

    public static void main(String[] args) throws Exception {
        String bootstrap = args[0];
        int count = Integer.parseInt(args[1]);
        int each = Integer.parseInt(args[2]);
        try (Admin admin = Admin.create(config(bootstrap))) {
            admin.createTopics(List.of(new NewTopic("traffic", 6, (short) 3))).all().get();
        }
        System.out.println("started");
        Thread writer = new Thread(() -> write(bootstrap, count, each));
        writer.start();
        Map<Integer, Integer> seen = read(bootstrap, count);
        writer.join();
        int twice = (int) seen.values().stream().filter(times -> times > 1).count();
        System.out.println("lost " + (count - seen.size()) + ", twice " + twice);
    }

    private static void write(String bootstrap, int count, int each) {
        Properties config = config(bootstrap);
        config.put("transactional.id", "traffic");
        config.put("linger.ms", "1");
        try (KafkaProducer<Integer, Integer> producer =
                 new KafkaProducer<>(config, new IntegerSerializer(), new IntegerSerializer())) {
            producer.initTransactions();
            for (int at = 0; at < count; at += each) {
                producer.beginTransaction();
                for (int i = at; i < Math.min(count, at + each); i++)
                    producer.send(new ProducerRecord<>("traffic", i % 6, i, i));
                producer.commitTransaction();
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<Integer, Integer> read(String bootstrap, int count) {
        Properties config = config(bootstrap);
        config.put("group.id", "traffic");
        config.put("auto.offset.reset", "earliest");
        config.put("isolation.level", "read_committed");
        config.put("enable.auto.commit", "false");
        Map<Integer, Integer> seen = new HashMap<>();
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        try (KafkaConsumer<Integer, Integer> consumer =
                 new KafkaConsumer<>(config, new IntegerDeserializer(), new IntegerDeserializer())) {
            consumer.subscribe(List.of("traffic"));
            while (seen.size() < count && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<Integer, Integer> record : consumer.poll(Duration.ofMillis(100)))
                    seen.merge(record.value(), 1, Integer::sum);
                consumer.commitSync();
            }
        }
        return seen;
    }

    private static Properties config(String bootstrap) {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        return config;
    }
}
