package weft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.StringJoiner;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.foreignkeyjoin.SubscriptionWrapper;
import org.apache.kafka.streams.kstream.internals.foreignkeyjoin.SubscriptionWrapperSerde;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.apache.kafka.streams.state.internals.InMemoryTimeOrderedKeyValueChangeBuffer;
import org.apache.kafka.streams.state.internals.LeftOrRightValue;
import org.apache.kafka.streams.state.internals.TimeOrderedKeyValueBuffer;
import org.apache.kafka.streams.state.internals.TimestampedKeyAndJoinSide;

/** What the stores of a driver hold, as text by text. Whoever reads a store of a kind says so in `weft-stores.ts` in the same words. */
final class OracleStores {
    private final TopologyTestDriver driver;
    private final TreeSet<String> keys = new TreeSet<>();
    /** What may become a key. */
    private final TreeSet<String> madeKeys = new TreeSet<>();
    private final TreeSet<Long> times = new TreeSet<>();

    OracleStores(TopologyTestDriver driver, JsonNode records) {
        this.driver = driver;
        for (JsonNode record : records) {
            if (record.path("key").isTextual()) keys.add(record.get("key").asText());
            if (record.path("value").isTextual()) madeKeys.addAll(OracleFunctions.keysOf(record.get("value").asText()));
            times.add(record.path("timestampMs").asLong());
        }
    }

    ObjectNode shown(ObjectMapper json) {
        ObjectNode stores = json.createObjectNode();
        for (String name : new TreeMap<>(driver.getAllStateStores()).keySet()) {
            ObjectNode shown = stores.putObject(name);
            entries(name).forEach(shown::put);
        }
        return stores;
    }

    private TreeMap<String, String> entries(String name) {
        StateStore store = driver.getAllStateStores().get(name);
        if (store instanceof TimeOrderedKeyValueBuffer<?, ?, ?> buffer) return buffered(buffer);
        if (name.endsWith("-subscription-store")) return subscriptions(name);
        if (name.endsWith("-shared-join-store")) return unmatched(store);
        VersionedKeyValueStore<String, Object> versions = driver.getVersionedKeyValueStore(name);
        if (versions != null) return versions(versions);
        TreeMap<String, String> entries = new TreeMap<>();
        var keyValues = driver.<Object, Object>getTimestampedKeyValueStore(name);
        if (keyValues != null) {
            try (KeyValueIterator<Object, ValueAndTimestamp<Object>> all = keyValues.all()) {
                all.forEachRemaining(entry -> entries.put(String.valueOf(entry.key), shown(entry.value)));
            }
            return entries;
        }
        var windows = driver.<Object, Object>getTimestampedWindowStore(name);
        if (windows != null) {
            if (name.endsWith("-this") || name.endsWith("-other")) return joined(windows);
            try (KeyValueIterator<Windowed<Object>, ValueAndTimestamp<Object>> all = windows.all()) {
                all.forEachRemaining(entry -> entries.put(windowed(entry), shown(entry.value)));
            }
            return entries;
        }
        try (KeyValueIterator<Windowed<String>, Object> all = driver.<String, Object>getSessionStore(name).findSessions("", "~", 0, Long.MAX_VALUE)) {
            all.forEachRemaining(entry -> entries.put(
                windowed(entry) + "-" + entry.key.window().end(), String.valueOf(entry.value)));
        }
        return entries;
    }

    /** What was valid at the time of each record that was sent. */
    private TreeMap<String, String> versions(VersionedKeyValueStore<String, Object> store) {
        TreeMap<String, String> entries = new TreeMap<>();
        for (String key : keys) {
            put(entries, key, store.get(key));
            for (long time : times) put(entries, key + "@" + time, store.get(key, time));
        }
        return entries;
    }

    private static void put(TreeMap<String, String> entries, String place, VersionedRecord<Object> version) {
        if (version == null) return;
        entries.put(place, version.value() + " @" + version.timestamp());
    }

    /** The records of one side of a stream join, those of one key and time one behind the other. A store of no length lists nothing by itself. */
    private TreeMap<String, String> joined(WindowStore<Object, ValueAndTimestamp<Object>> store) {
        TreeMap<String, String> entries = new TreeMap<>();
        TreeSet<String> all = new TreeSet<>(keys);
        all.addAll(madeKeys);
        for (String key : all) {
            try (WindowStoreIterator<ValueAndTimestamp<Object>> records = store.fetch(key, 0, Long.MAX_VALUE / 2)) {
                records.forEachRemaining(record -> add(entries, key + "@" + record.key, record.value.value()));
            }
        }
        return entries;
    }

    /** The records of a stream join that have no partner yet. */
    @SuppressWarnings("unchecked")
    private static TreeMap<String, String> unmatched(StateStore store) {
        TreeMap<String, String> entries = new TreeMap<>();
        var records = (KeyValueStore<TimestampedKeyAndJoinSide<Object>, LeftOrRightValue<Object, Object>>) store;
        try (KeyValueIterator<TimestampedKeyAndJoinSide<Object>, LeftOrRightValue<Object, Object>> all = records.all()) {
            all.forEachRemaining(entry -> {
                boolean left = entry.key.isLeftSide();
                String place = (left ? "left " : "right ") + entry.key.key() + "@" + entry.key.timestamp();
                add(entries, place, left ? entry.value.leftValue() : entry.value.rightValue());
            });
        }
        return entries;
    }

    private static void add(TreeMap<String, String> entries, String place, Object value) {
        entries.merge(place, String.valueOf(value), (before, more) -> before + "|" + more);
    }

    /** A buffer shows no more of itself than how much is in it; one in memory also the first time, which the other knows only now and then. */
    private static TreeMap<String, String> buffered(TimeOrderedKeyValueBuffer<?, ?, ?> buffer) {
        TreeMap<String, String> entries = new TreeMap<>();
        boolean knows = buffer instanceof InMemoryTimeOrderedKeyValueChangeBuffer;
        if (buffer.numRecords() > 0) entries.put("records", buffer.numRecords() + (knows ? " from " + buffer.minTimestamp() : ""));
        return entries;
    }

    /** Who has subscribed to which row of a foreign-key join, in the bytes of the store. */
    private TreeMap<String, String> subscriptions(String name) {
        TreeMap<String, String> entries = new TreeMap<>();
        var bytes = new SubscriptionWrapperSerde<>(() -> name, Serdes.String()).serializer();
        try (var all = driver.<Bytes, SubscriptionWrapper<String>>getTimestampedKeyValueStore(name).all()) {
            all.forEachRemaining(entry -> entries.put(
                numbers(entry.key.get()),
                numbers(bytes.serialize(name, new RecordHeaders(), entry.value.value())) + " @" + entry.value.timestamp()));
        }
        return entries;
    }

    private static String numbers(byte[] bytes) {
        StringJoiner numbers = new StringJoiner(",");
        for (byte each : bytes) numbers.add(Integer.toString(each & 0xff));
        return numbers.toString();
    }

    private static String windowed(KeyValue<? extends Windowed<?>, ?> entry) {
        return entry.key.key() + "@" + entry.key.window().start();
    }

    private static String shown(ValueAndTimestamp<Object> value) {
        return value.value() + " @" + value.timestamp();
    }
}
