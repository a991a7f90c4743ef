package weft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Consumers of the new protocol (KIP-848): they join, share, commit, leave, come back as static members, and follow topics that
 * grow. Prints what they saw, one line a step.
 *
 * Arguments: bootstrap, prefix of all names.
 */
public final class NewGroups {
    private static final Duration TICK = Duration.ofMillis(100);
    private static final long PATIENCE_MS = 40_000;
    private final String bootstrap;
    private final String topic;
    private final String group;

    private NewGroups(String bootstrap, String prefix) {
        this.bootstrap = bootstrap;
        topic = prefix + "-topic";
        group = prefix + "-group";
    }

    public static void main(String[] args) throws Exception {
        new NewGroups(args[0], args[1]).run();
    }

    private void run() throws Exception {
        try (Admin admin = Admin.create(config())) {
            admin.createTopics(List.of(new NewTopic(topic, 4, (short) 1))).all().get();
            write(0, 8);
            try (KafkaConsumer<String, String> one = consumer("uniform", null)) {
                one.subscribe(List.of(topic));
                print("alone", owned(await(List.of(one), () -> owned(one).size() == 4), one));
                print("read", readAll(one, 8));
                one.commitSync();
                print("committed", committed(admin));
                shared(admin, one);
                admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(6))).all().get();
                print("grown", owned(await(List.of(one), () -> owned(one).size() == 6), one));
                print("described", describe(admin));
                print("listed", admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get().stream()
                    .filter(listing -> listing.groupId().equals(group))
                    .map(listing -> listing.type().orElseThrow() + "/" + listing.groupState().orElseThrow()).toList());
                refusals(admin);
            }
            print("left", describe(admin));
            statics(admin);
        }
    }

    private void shared(Admin admin, KafkaConsumer<String, String> one) throws Exception {
        try (KafkaConsumer<String, String> two = consumer("uniform", null)) {
            two.subscribe(List.of(topic));
            await(List.of(one, two), () -> owned(one).size() == 2 && owned(two).size() == 2);
            Set<Integer> together = new TreeSet<>(owned(one));
            together.addAll(owned(two));
            print("together", together);
            print("settled", describe(admin));
        }
        print("alone again", owned(await(List.of(one), () -> owned(one).size() == 4), one));
    }

    /** A group that lives keeps its offsets and itself. */
    private void refusals(Admin admin) throws Exception {
        print("delete", failure(() -> admin.deleteConsumerGroups(Set.of(group)).all().get()));
        print("alter", failure(() -> admin.alterConsumerGroupOffsets(group,
            Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0))).all().get()));
        print("forget", failure(() -> admin.deleteConsumerGroupOffsets(group,
            Set.of(new TopicPartition(topic, 0))).all().get()));
        print("assignor", failure(() -> {
            try (KafkaConsumer<String, String> odd = consumer("nonesuch", null)) {
                odd.subscribe(List.of(topic));
                await(List.of(odd), () -> !owned(odd).isEmpty());
            }
        }));
    }

    /** A static member goes and comes back to the same partitions. */
    private void statics(Admin admin) throws Exception {
        Set<Integer> before;
        try (KafkaConsumer<String, String> other = consumer("range", "b")) {
            other.subscribe(List.of(topic));
            try (KafkaConsumer<String, String> one = consumer("range", "a")) {
                one.subscribe(List.of(topic));
                await(List.of(one, other), () -> owned(one).size() == 3 && owned(other).size() == 3);
                before = owned(one);
            }
            print("range", before);
            print("away", describe(admin));
            try (KafkaConsumer<String, String> again = consumer("range", "a")) {
                again.subscribe(List.of(topic));
                await(List.of(again, other), () -> owned(again).size() == 3);
                print("back", owned(again).equals(before));
            }
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    private interface Condition {
        boolean holds();
    }

    private static String failure(Action action) throws Exception {
        try {
            action.run();
            return "none";
        } catch (ExecutionException e) {
            return e.getCause().getClass().getSimpleName();
        } catch (org.apache.kafka.common.KafkaException e) {
            return e.getClass().getSimpleName();
        }
    }

    private static boolean await(List<KafkaConsumer<String, String>> consumers, Condition condition) {
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (!condition.holds()) {
            if (System.currentTimeMillis() > deadline) return false;
            for (KafkaConsumer<String, String> consumer : consumers) consumer.poll(TICK);
        }
        return true;
    }

    private static Set<Integer> owned(boolean reached, KafkaConsumer<String, String> consumer) {
        if (!reached) throw new IllegalStateException("not in time, but " + owned(consumer));
        return owned(consumer);
    }

    private static Set<Integer> owned(KafkaConsumer<String, String> consumer) {
        return consumer.assignment().stream().map(TopicPartition::partition).collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> readAll(KafkaConsumer<String, String> consumer, int count) {
        consumer.seekToBeginning(consumer.assignment());
        List<String> values = new ArrayList<>();
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (values.size() < count && System.currentTimeMillis() < deadline)
            consumer.poll(TICK).forEach(record -> values.add(record.value()));
        return values.stream().sorted().toList();
    }

    private String committed(Admin admin) throws Exception {
        return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet().stream()
            .map(entry -> entry.getKey().partition() + "=" + entry.getValue().offset()).sorted()
            .collect(Collectors.joining(" "));
    }

    private String describe(Admin admin) throws Exception {
        ConsumerGroupDescription found = admin.describeConsumerGroups(Set.of(group)).all().get().get(group);
        long members = found.members().size();
        long epochs = found.members().stream().map(member -> member.memberEpoch().orElse(-9)).distinct().count();
        return found.type() + "/" + found.groupState() + "/" + members + "/" + epochs + "/" + found.partitionAssignor();
    }

    private void write(int from, int to) {
        Properties config = config();
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (int i = from; i < to; i++) producer.send(new ProducerRecord<>(topic, i % 4, "k" + i, "v" + i));
        }
    }

    private KafkaConsumer<String, String> consumer(String assignor, String instance) {
        Properties config = config();
        config.put("group.protocol", "consumer");
        config.put("group.id", group);
        config.put("group.remote.assignor", assignor);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        if (instance != null) config.put("group.instance.id", instance);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    private Properties config() {
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        return config;
    }

    private static void print(String step, Object seen) {
        System.out.println(step.replace(' ', '_') + " " + seen);
    }
}
