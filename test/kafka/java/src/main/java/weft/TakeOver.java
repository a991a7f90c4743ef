package weft;

import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * An application with a store of every kind, of which {@code take-over.yaml} is the twin: each goes on where the other has stopped. Ends in
 * order after so many records. Arguments: bootstrap, folder for the state, records to come.
 */
public final class TakeOver {
    private static CountDownLatch left;

    private TakeOver() {
    }

    public static void main(String[] args) throws Exception {
        left = new CountDownLatch(Integer.parseInt(args[2]));
        KafkaStreams streams = new KafkaStreams(topology().build(), config(args[0], args[1]));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            System.exit(1);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        left.await();
        streams.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP).withTimeout(Duration.ofSeconds(30)));
        System.exit(0);
    }

    private static StreamsBuilder topology() {
        StreamsBuilder builder = new StreamsBuilder();
        Consumed<String, String> text = Consumed.with(Serdes.String(), Serdes.String());
        Produced<String, String> texts = Produced.with(Serdes.String(), Serdes.String());
        Produced<String, Long> longs = Produced.with(Serdes.String(), Serdes.Long());
        KStream<String, String> events = builder.stream("events", text);
        KGroupedStream<String, String> byKey = events.groupByKey();

        byKey.count(Materialized.as("totals")).toStream().to("totals", longs);
        byKey.windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10), Duration.ofSeconds(5)))
            .count(Materialized.as("windows"))
            .toStream((key, value) -> label(key))
            .to("windows", longs);
        byKey.windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(4), Duration.ofSeconds(5)))
            .count(Materialized.as("sessions"))
            .toStream((key, value) -> label(key))
            .to("sessions", longs);
        KStream<String, String> rows = builder.stream("rows", text);
        KTable<String, String> versions = rows.toTable(
            Materialized.as(Stores.persistentVersionedKeyValueStore("versions", Duration.ofHours(1))));
        events.leftJoin(versions, (event, row) -> event + "/" + row, Joined.with(Serdes.String(), Serdes.String(), Serdes.String()))
            .to("joined", texts);
        events.processValues(chains(), "chains").to("chained", texts);

        KStream<String, String> marks = builder.stream("marks", text);
        events.join(marks, (event, mark) -> event + "&" + mark,
            JoinWindows.ofTimeDifferenceAndGrace(Duration.ofSeconds(2), Duration.ofSeconds(5)),
            StreamJoined.with(Serdes.String(), Serdes.String(), Serdes.String()).withName("near").withStoreName("near"))
            .to("near", texts);
        marks.foreach((key, value) -> left.countDown());
        rows.foreach((key, value) -> left.countDown());
        events.foreach((key, value) -> left.countDown());
        return builder;
    }

    private static String label(Windowed<String> key) {
        return key.key() + " " + key.window().start() + "-" + key.window().end();
    }

    /** What came under a key, in a store of plain values; "-" begins anew. */
    private static FixedKeyProcessorSupplier<String, String, String> chains() {
        StoreBuilder<KeyValueStore<String, String>> store =
            Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("chains"), Serdes.String(), Serdes.String());
        return new FixedKeyProcessorSupplier<>() {
            @Override
            public FixedKeyProcessor<String, String, String> get() {
                return new Chain();
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(store);
            }
        };
    }

    private static final class Chain extends ContextualFixedKeyProcessor<String, String, String> {
        private KeyValueStore<String, String> chains;

        @Override
        public void init(FixedKeyProcessorContext<String, String> context) {
            super.init(context);
            chains = context.getStateStore("chains");
        }

        @Override
        public void process(FixedKeyRecord<String, String> record) {
            String before = chains.get(record.key());
            String now = before == null ? record.value() : before + record.value();
            if (record.value().equals("-")) chains.delete(record.key());
            else chains.put(record.key(), now);
            context().forward(record.withValue(now));
        }
    }

    private static Properties config(String bootstrap, String folder) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "take_over");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.STATE_DIR_CONFIG, folder);
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        config.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        return config;
    }
}
