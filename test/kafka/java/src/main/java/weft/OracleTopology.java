package weft;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.CogroupedKStream;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.SessionWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.SessionWindowedKStream;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TableJoined;
import org.apache.kafka.streams.kstream.TimeWindowedCogroupedKStream;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Builds the topology that a list of operations describes with Kafka Streams' own DSL. Each operation is an object: {@code op}, the
 * {@code id} that later ones name in {@code in} and {@code with}, the {@code name} of its processor, and parameters.
 */
final class OracleTopology {
    private static final Serde<String> TEXT = Serdes.String();
    private final StreamsBuilder builder = new StreamsBuilder();
    /** Whether stateless operations are made as KSML makes them; else by the DSL's own methods. */
    private final boolean asProcessors;
    private final Map<String, Object> results = new HashMap<>();

    private OracleTopology(boolean asProcessors) {
        this.asProcessors = asProcessors;
    }

    static Topology build(JsonNode operations, Properties config, boolean asProcessors) {
        OracleTopology topology = new OracleTopology(asProcessors);
        for (JsonNode operation : operations) topology.results.put(operation.get("id").asText(), topology.apply(operation));
        return topology.builder.build(config);
    }

    private Object apply(JsonNode o) {
        String op = o.get("op").asText();
        return switch (op) {
            case "stream" -> builder.stream(o.get("topic").asText(), Consumed.with(TEXT, TEXT));
            case "table" -> builder.table(o.get("topic").asText(), Consumed.with(TEXT, TEXT), tableStore(o));
            case "global-table" -> builder.globalTable(o.get("topic").asText(), Consumed.with(TEXT, TEXT), keyValue(o, TEXT));
            case "filter", "select-key", "map-values", "map", "flat-map", "flat-map-values" ->
                asProcessors ? processor(op, o) : stateless(op, o);
            case "punctuate" -> stream(o).process(OracleProcessors.ticks(Duration.ofMillis(o.get("everyMs").asLong())), named(o));
            case "merge" -> stream(o).merge(other(o), named(o));
            case "split" -> split(o);
            case "repartition" -> stream(o).repartition(Repartitioned.with(TEXT, TEXT).withName(o.get("name").asText()));
            case "to-table" -> stream(o).toTable(named(o), keyValue(o, TEXT));
            case "to-stream" -> table(o).toStream(named(o));
            case "to-stream-windowed" -> this.<KTable<Windowed<String>, Object>>in(o).toStream((key, value) -> windowText(key), named(o));
            case "table-filter" -> tableFilter(o);
            case "table-map-values" -> tableMapValues(o);
            case "group-by-key" -> stream(o).groupByKey(grouped(o));
            case "group-by" -> stream(o).groupBy(OracleFunctions.newKey(fn(o)), grouped(o));
            case "table-group-by" -> table(o).groupBy((key, value) -> new KeyValue<>(OracleFunctions.letter(value), value), grouped(o));
            case "count" -> count(in(o), o);
            case "reduce" -> reduce(in(o), o);
            case "aggregate" -> aggregate(in(o), o);
            case "cogroup" -> cogroup(in(o), o);
            case "window" -> window(in(o), o);
            case "session" -> session(in(o), o);
            case "suppress" -> suppress(o);
            case "stream-join" -> streamJoin(o);
            case "stream-table-join" -> streamTableJoin(o);
            case "global-join" -> globalJoin(o);
            case "table-join" -> tableJoin(o);
            case "foreign-key-join" -> foreignKeyJoin(o);
            case "to" -> to(o);
            default -> throw new IllegalArgumentException("no operation is called " + op);
        };
    }

    private Object to(JsonNode o) {
        if (o.path("value").asText("text").equals("long")) {
            this.<KStream<String, Long>>in(o).to(o.get("topic").asText(), Produced.with(TEXT, Serdes.Long()).withName(o.get("name").asText()));
        } else {
            stream(o).to(o.get("topic").asText(), Produced.with(TEXT, TEXT).withName(o.get("name").asText()));
        }
        return o;
    }

    private KStream<String, String> stateless(String op, JsonNode o) {
        return switch (op) {
            case "filter" -> streamFilter(o);
            case "select-key" -> stream(o).selectKey(OracleFunctions.newKey(fn(o)), named(o));
            case "map-values" -> stream(o).mapValues(OracleFunctions.newValue(fn(o)), named(o));
            case "map" -> stream(o).map(OracleFunctions.newPair(fn(o)), named(o));
            case "flat-map" -> stream(o).flatMap(OracleFunctions.newPairs(fn(o)), named(o));
            default -> stream(o).flatMapValues(OracleFunctions.newValues(fn(o)), named(o));
        };
    }

    private KStream<String, String> processor(String op, JsonNode o) {
        return switch (op) {
            case "filter" -> {
                var predicate = OracleFunctions.predicate(fn(o));
                boolean wanted = !o.path("not").asBoolean();
                yield stream(o).processValues(OracleProcessors.values(
                    (key, value) -> predicate.test(key, value) == wanted ? Collections.singletonList(value) : List.of()), named(o));
            }
            case "map-values" -> stream(o).processValues(OracleProcessors.values(
                (key, value) -> Collections.singletonList(OracleFunctions.newValue(fn(o)).apply(key, value))), named(o));
            case "flat-map-values" -> stream(o).processValues(OracleProcessors.values(
                (key, value) -> OracleFunctions.newValues(fn(o)).apply(key, value)), named(o));
            case "select-key" -> stream(o).process(OracleProcessors.pairs(
                (key, value) -> List.of(new KeyValue<>(OracleFunctions.newKey(fn(o)).apply(key, value), value))), named(o));
            case "map" -> stream(o).process(OracleProcessors.pairs(
                (key, value) -> List.of(OracleFunctions.newPair(fn(o)).apply(key, value))), named(o));
            default -> stream(o).process(OracleProcessors.pairs(
                (key, value) -> OracleFunctions.newPairs(fn(o)).apply(key, value)), named(o));
        };
    }

    private KStream<String, String> streamFilter(JsonNode o) {
        var predicate = OracleFunctions.predicate(fn(o));
        return o.path("not").asBoolean() ? stream(o).filterNot(predicate, named(o)) : stream(o).filter(predicate, named(o));
    }

    private KTable<String, String> tableFilter(JsonNode o) {
        var predicate = OracleFunctions.predicate(fn(o));
        KTable<String, String> table = table(o);
        if (!o.has("store")) return o.path("not").asBoolean() ? table.filterNot(predicate, named(o)) : table.filter(predicate, named(o));
        return o.path("not").asBoolean()
            ? table.filterNot(predicate, named(o), keyValue(o, TEXT))
            : table.filter(predicate, named(o), keyValue(o, TEXT));
    }

    private KTable<String, String> tableMapValues(JsonNode o) {
        var mapper = OracleFunctions.newValue(fn(o));
        org.apache.kafka.streams.kstream.ValueTransformerWithKeySupplier<String, String, String> supplier = () -> new Mapping(mapper);
        return o.has("store")
            ? table(o).transformValues(supplier, keyValue(o, TEXT), named(o))
            : table(o).transformValues(supplier, named(o));
    }

    /** Gives each branch the id of the split with its index behind it. */
    private Object split(JsonNode o) {
        var split = stream(o).split(named(o));
        int index = 0;
        for (JsonNode name : o.get("fns")) {
            String id = o.get("id").asText() + index++;
            Branched<String, String> branched = Branched.withConsumer(branch -> results.put(id, branch), "-" + index);
            split = name.isNull()
                ? split.branch((key, value) -> true, branched)
                : split.branch(OracleFunctions.predicate(name.asText()), branched);
        }
        split.noDefaultBranch();
        return o;
    }

    @SuppressWarnings("unchecked")
    private Object count(Object in, JsonNode o) {
        if (in instanceof KGroupedStream) {
            KGroupedStream<String, String> group = (KGroupedStream<String, String>) in;
            return o.has("store") ? group.count(named(o), keyValue(o, Serdes.Long())) : group.count(named(o));
        }
        if (in instanceof KGroupedTable) return ((KGroupedTable<String, String>) in).count(named(o), keyValue(o, Serdes.Long()));
        if (in instanceof SessionWindowedKStream) {
            return text(((SessionWindowedKStream<String, String>) in).count(named(o), sessions(o, Serdes.Long())));
        }
        return text(((TimeWindowedKStream<String, String>) in).count(named(o), windows(o, Serdes.Long())));
    }

    private static Object text(KTable<Windowed<String>, Long> counts) {
        return counts;
    }

    @SuppressWarnings("unchecked")
    private Object reduce(Object in, JsonNode o) {
        var reducer = OracleFunctions.reducer(fn(o));
        if (in instanceof KGroupedStream) return ((KGroupedStream<String, String>) in).reduce(reducer, named(o), keyValue(o, TEXT));
        if (in instanceof KGroupedTable) {
            return ((KGroupedTable<String, String>) in).reduce(reducer, OracleFunctions.reducer("take"), named(o), keyValue(o, TEXT));
        }
        if (in instanceof SessionWindowedKStream) {
            return ((SessionWindowedKStream<String, String>) in).reduce(reducer, named(o), sessions(o, TEXT));
        }
        return ((TimeWindowedKStream<String, String>) in).reduce(reducer, named(o), windows(o, TEXT));
    }

    @SuppressWarnings("unchecked")
    private Object aggregate(Object in, JsonNode o) {
        var initializer = OracleFunctions.initializer();
        var merger = OracleFunctions.merger();
        if (in instanceof CogroupedKStream) return ((CogroupedKStream<String, String>) in).aggregate(initializer, named(o), keyValue(o, TEXT));
        if (in instanceof TimeWindowedCogroupedKStream) {
            return ((TimeWindowedCogroupedKStream<String, String>) in).aggregate(initializer, named(o), windows(o, TEXT));
        }
        if (in instanceof SessionWindowedCogroupedKStream) {
            return ((SessionWindowedCogroupedKStream<String, String>) in).aggregate(initializer, merger, named(o), sessions(o, TEXT));
        }
        var aggregator = OracleFunctions.aggregator(fn(o));
        if (in instanceof KGroupedStream) {
            return ((KGroupedStream<String, String>) in).aggregate(initializer, aggregator, named(o), keyValue(o, TEXT));
        }
        if (in instanceof KGroupedTable) {
            return ((KGroupedTable<String, String>) in)
                .aggregate(initializer, aggregator, OracleFunctions.aggregator("take"), named(o), keyValue(o, TEXT));
        }
        if (in instanceof SessionWindowedKStream) {
            return ((SessionWindowedKStream<String, String>) in).aggregate(initializer, aggregator, merger, named(o), sessions(o, TEXT));
        }
        return ((TimeWindowedKStream<String, String>) in).aggregate(initializer, aggregator, named(o), windows(o, TEXT));
    }

    /** Of a group, or of a further one that is folded into the same values. */
    @SuppressWarnings("unchecked")
    private Object cogroup(Object in, JsonNode o) {
        var aggregator = OracleFunctions.aggregator(fn(o));
        return in instanceof CogroupedKStream
            ? ((CogroupedKStream<String, String>) in).cogroup(this.<KGroupedStream<String, String>>other(o), aggregator)
            : ((KGroupedStream<String, String>) in).cogroup(aggregator);
    }

    @SuppressWarnings("unchecked")
    private Object window(Object in, JsonNode o) {
        boolean onClose = o.path("emit").asText().equals("close");
        if (o.get("type").asText().equals("sliding")) {
            SlidingWindows windows = SlidingWindows.ofTimeDifferenceAndGrace(ms(o, "sizeMs"), ms(o, "graceMs"));
            if (in instanceof CogroupedKStream) return ((CogroupedKStream<String, String>) in).windowedBy(windows);
            var windowed = ((KGroupedStream<String, String>) in).windowedBy(windows);
            return onClose ? windowed.emitStrategy(EmitStrategy.onWindowClose()) : windowed;
        }
        TimeWindows windows = TimeWindows.ofSizeAndGrace(ms(o, "sizeMs"), ms(o, "graceMs")).advanceBy(ms(o, "advanceMs"));
        if (in instanceof CogroupedKStream) return ((CogroupedKStream<String, String>) in).windowedBy(windows);
        var windowed = ((KGroupedStream<String, String>) in).windowedBy(windows);
        return onClose ? windowed.emitStrategy(EmitStrategy.onWindowClose()) : windowed;
    }

    @SuppressWarnings("unchecked")
    private Object session(Object in, JsonNode o) {
        SessionWindows windows = SessionWindows.ofInactivityGapAndGrace(ms(o, "gapMs"), ms(o, "graceMs"));
        if (in instanceof CogroupedKStream) return ((CogroupedKStream<String, String>) in).windowedBy(windows);
        var windowed = ((KGroupedStream<String, String>) in).windowedBy(windows);
        return o.path("emit").asText().equals("close") ? windowed.emitStrategy(EmitStrategy.onWindowClose()) : windowed;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private Object suppress(JsonNode o) {
        KTable table = in(o);
        if (o.get("until").asText().equals("close")) {
            Suppressed.StrictBufferConfig strict = Suppressed.BufferConfig.unbounded();
            return table.suppress(Suppressed.untilWindowCloses(strict).withName(o.get("name").asText()));
        }
        Suppressed.EagerBufferConfig config = o.has("maxRecords")
            ? Suppressed.BufferConfig.maxRecords(o.get("maxRecords").asLong())
            : Suppressed.BufferConfig.maxRecords(Long.MAX_VALUE);
        if (o.has("maxBytes")) config = config.withMaxBytes(o.get("maxBytes").asLong());
        return table.suppress(Suppressed.untilTimeLimit(ms(o, "durationMs"), config).withName(o.get("name").asText()));
    }

    private KStream<String, String> streamJoin(JsonNode o) {
        JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(ms(o, "beforeMs"), ms(o, "graceMs"))
            .before(ms(o, "beforeMs")).after(ms(o, "afterMs"));
        Duration size = ms(o, "beforeMs").plus(ms(o, "afterMs"));
        Duration retention = size.plus(ms(o, "graceMs"));
        String name = o.get("name").asText();
        StreamJoined<String, String, String> joined = StreamJoined.with(TEXT, TEXT, TEXT)
            .withThisStoreSupplier(joinStore(o, name + "-this", retention, size))
            .withOtherStoreSupplier(joinStore(o, name + "-other", retention, size))
            .withName(name);
        var joiner = OracleFunctions.joiner(fn(o));
        return switch (o.get("type").asText()) {
            case "inner" -> stream(o).join(other(o), joiner, windows, joined);
            case "left" -> stream(o).leftJoin(other(o), joiner, windows, joined);
            default -> stream(o).outerJoin(other(o), joiner, windows, joined);
        };
    }

    /** On disk as by default, or in memory: that one lets null values tell it the time, which the other does not. */
    private static WindowBytesStoreSupplier joinStore(JsonNode o, String name, Duration retention, Duration size) {
        return o.path("persistent").asBoolean()
            ? Stores.persistentWindowStore(name, retention, size, true)
            : Stores.inMemoryWindowStore(name, retention, size, true);
    }

    private KStream<String, String> streamTableJoin(JsonNode o) {
        Joined<String, String, String> joined = Joined.with(TEXT, TEXT, TEXT, o.get("name").asText());
        if (o.has("graceMs")) joined = joined.withGracePeriod(ms(o, "graceMs"));
        KTable<String, String> table = other(o);
        var joiner = OracleFunctions.joiner(fn(o));
        return isLeft(o) ? stream(o).leftJoin(table, joiner, joined) : stream(o).join(table, joiner, joined);
    }

    private KStream<String, String> globalJoin(JsonNode o) {
        GlobalKTable<String, String> table = other(o);
        KeyValueMapper keys = new KeyValueMapper();
        var joiner = OracleFunctions.joiner(fn(o));
        return isLeft(o) ? stream(o).leftJoin(table, keys, joiner, named(o)) : stream(o).join(table, keys, joiner, named(o));
    }

    /** Looks up the letter of the value. */
    private static final class KeyValueMapper implements org.apache.kafka.streams.kstream.KeyValueMapper<String, String, String> {
        @Override
        public String apply(String key, String value) {
            return value == null ? null : OracleFunctions.letter(value);
        }
    }

    private KTable<String, String> tableJoin(JsonNode o) {
        KTable<String, String> other = other(o);
        var joiner = OracleFunctions.joiner(fn(o));
        boolean kept = o.has("store");
        return switch (o.get("type").asText()) {
            case "inner" -> kept ? table(o).join(other, joiner, named(o), keyValue(o, TEXT)) : table(o).join(other, joiner, named(o));
            case "left" -> kept ? table(o).leftJoin(other, joiner, named(o), keyValue(o, TEXT)) : table(o).leftJoin(other, joiner, named(o));
            default -> kept ? table(o).outerJoin(other, joiner, named(o), keyValue(o, TEXT)) : table(o).outerJoin(other, joiner, named(o));
        };
    }

    private KTable<String, String> foreignKeyJoin(JsonNode o) {
        KTable<String, String> other = other(o);
        var joiner = OracleFunctions.joiner(fn(o));
        TableJoined<String, String> joined = TableJoined.as(o.get("name").asText());
        Materialized<String, String, KeyValueStore<Bytes, byte[]>> kept =
            o.has("store") ? keyValue(o, TEXT) : Materialized.with(TEXT, TEXT);
        BiFunction<String, String, String> extractor = o.path("withKey").asBoolean()
            ? OracleFunctions::letterOrKey
            : (key, value) -> OracleFunctions.letter(value);
        return isLeft(o)
            ? table(o).leftJoin(other, extractor, joiner, joined, kept)
            : table(o).join(other, extractor, joiner, joined, kept);
    }

    private static boolean isLeft(JsonNode o) {
        return o.get("type").asText().equals("left");
    }

    private static String fn(JsonNode o) {
        return o.get("fn").asText();
    }

    private static Named named(JsonNode o) {
        return Named.as(o.get("name").asText());
    }

    private static Duration ms(JsonNode o, String field) {
        return Duration.ofMillis(o.path(field).asLong());
    }

    private static Grouped<String, String> grouped(JsonNode o) {
        return Grouped.with(o.get("name").asText(), TEXT, TEXT);
    }

    /** As for any key-value store, unless the table keeps versions. */
    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> tableStore(JsonNode o) {
        if (!o.has("historyMs")) return keyValue(o, TEXT);
        return Materialized.<String, String>as(Stores.persistentVersionedKeyValueStore(o.get("store").asText(), ms(o, "historyMs")))
            .withKeySerde(TEXT).withValueSerde(TEXT);
    }

    private static <V> Materialized<String, V, KeyValueStore<Bytes, byte[]>> keyValue(JsonNode o, Serde<V> values) {
        // Without a store of its own, Kafka Streams' default: one that caches.
        if (!o.has("store")) return Materialized.with(TEXT, values);
        Materialized<String, V, KeyValueStore<Bytes, byte[]>> store =
            Materialized.<String, V, KeyValueStore<Bytes, byte[]>>as(o.get("store").asText()).withKeySerde(TEXT).withValueSerde(values);
        return o.path("caching").asBoolean() ? store.withCachingEnabled() : store.withCachingDisabled();
    }

    private static <V> Materialized<String, V, WindowStore<Bytes, byte[]>> windows(JsonNode o, Serde<V> values) {
        Materialized<String, V, WindowStore<Bytes, byte[]>> store =
            Materialized.<String, V, WindowStore<Bytes, byte[]>>as(o.get("store").asText())
                .withKeySerde(TEXT).withValueSerde(values).withRetention(ms(o, "retentionMs"));
        return o.path("caching").asBoolean() ? store.withCachingEnabled() : store.withCachingDisabled();
    }

    private static <V> Materialized<String, V, SessionStore<Bytes, byte[]>> sessions(JsonNode o, Serde<V> values) {
        Materialized<String, V, SessionStore<Bytes, byte[]>> store =
            Materialized.<String, V, SessionStore<Bytes, byte[]>>as(o.get("store").asText())
                .withKeySerde(TEXT).withValueSerde(values).withRetention(ms(o, "retentionMs"));
        return o.path("caching").asBoolean() ? store.withCachingEnabled() : store.withCachingDisabled();
    }

    static String windowText(Windowed<String> key) {
        return key.key() + "@" + key.window().start() + "-" + key.window().end();
    }

    private KStream<String, String> stream(JsonNode o) {
        return in(o);
    }

    private KTable<String, String> table(JsonNode o) {
        return in(o);
    }

    private <T> T in(JsonNode o) {
        return result(o.get("in").asText());
    }

    private <T> T other(JsonNode o) {
        return result(o.get("with").asText());
    }

    @SuppressWarnings("unchecked")
    private <T> T result(String id) {
        T result = (T) results.get(id);
        if (result == null) throw new IllegalArgumentException("no operation before this one is called " + id);
        return result;
    }

    /** Kafka Streams gives tombstones to this kind of mapping only, as KSML uses it. */
    private record Mapping(org.apache.kafka.streams.kstream.ValueMapperWithKey<String, String, String> mapper)
        implements org.apache.kafka.streams.kstream.ValueTransformerWithKey<String, String, String> {
        @Override
        public void init(org.apache.kafka.streams.processor.ProcessorContext context) {}

        @Override
        public String transform(String key, String value) {
            return mapper.apply(key, value);
        }

        @Override
        public void close() {}
    }
}
