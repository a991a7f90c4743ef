package weft;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KeyValueMapper;
import org.apache.kafka.streams.kstream.Merger;
import org.apache.kafka.streams.kstream.Predicate;
import org.apache.kafka.streams.kstream.Reducer;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.kstream.ValueMapperWithKey;

/** The user functions that the differential tests know by name; {@code functions.ts} has the same in JavaScript. */
final class OracleFunctions {
    private static final int TAIL = 12;

    static Predicate<String, String> predicate(String name) {
        return switch (name) {
            case "odd" -> (key, value) -> value != null && last(value) % 2 == 1;
            case "low" -> (key, value) -> key != null && key.compareTo("c") < 0;
            default -> throw unknown(name);
        };
    }

    static KeyValueMapper<String, String, String> newKey(String name) {
        return switch (name) {
            case "last" -> (key, value) -> value == null ? null : value.substring(value.length() - 1);
            case "first" -> (key, value) -> value == null ? key : value.substring(0, 1);
            default -> throw unknown(name);
        };
    }

    /** The keys that {@link #newKey} may make of a value. */
    static List<String> keysOf(String value) {
        return List.of(newKey("last").apply(null, value), newKey("first").apply(null, value));
    }

    static ValueMapperWithKey<String, String, String> newValue(String name) {
        return switch (name) {
            case "mark" -> (key, value) -> value == null ? null : tail(value + "!");
            case "pair" -> (key, value) -> tail(key + ":" + value);
            case "short" -> (key, value) -> value == null || value.length() > 2 ? null : value;
            default -> throw unknown(name);
        };
    }

    static KeyValueMapper<String, String, KeyValue<String, String>> newPair(String name) {
        return switch (name) {
            case "swap" -> (key, value) -> new KeyValue<>(value == null ? "none" : value, key);
            default -> throw unknown(name);
        };
    }

    static KeyValueMapper<String, String, Iterable<KeyValue<String, String>>> newPairs(String name) {
        return switch (name) {
            case "both" -> (key, value) -> value == null
                ? List.of()
                : List.of(new KeyValue<>(key, value), new KeyValue<>(value.substring(0, 1), tail(value + key)));
            default -> throw unknown(name);
        };
    }

    static ValueMapperWithKey<String, String, Iterable<String>> newValues(String name) {
        return switch (name) {
            case "letters" -> (key, value) -> letters(value);
            default -> throw unknown(name);
        };
    }

    static ValueJoiner<String, String, String> joiner(String name) {
        return switch (name) {
            case "plus" -> (left, right) -> tail((left == null ? "-" : left) + "+" + (right == null ? "-" : right));
            case "picky" -> (left, right) ->
                left == null || right == null || last(left) == last(right) ? tail(left + "~" + right) : null;
            default -> throw unknown(name);
        };
    }

    static Initializer<String> initializer() {
        return () -> "i";
    }

    static Aggregator<String, String, String> aggregator(String name) {
        return switch (name) {
            case "append" -> (key, value, aggregate) -> tail(aggregate + value);
            case "appendUntilX" -> (key, value, aggregate) -> value != null && last(value) == 'x' ? null : tail(aggregate + value);
            case "take" -> (key, value, aggregate) -> tail(aggregate + "-" + value);
            default -> throw unknown(name);
        };
    }

    static Reducer<String> reducer(String name) {
        return switch (name) {
            case "append" -> (left, right) -> tail(left + right);
            case "appendUntilX" -> (left, right) -> right != null && last(right) == 'x' ? null : tail(left + right);
            case "take" -> (left, right) -> tail(left + "-" + right);
            default -> throw unknown(name);
        };
    }

    static Merger<String, String> merger() {
        return (key, left, right) -> tail(left + "&" + right);
    }

    /** The first letter; none for values that begin with n. */
    static String letterOrKey(String key, String value) {
        return key.compareTo("c") < 0 ? letter(value) : key;
    }

    static String letter(String value) {
        return value.startsWith("n") ? null : value.substring(0, 1);
    }

    private static List<String> letters(String value) {
        List<String> letters = new ArrayList<>();
        if (value != null) for (int i = 0; i < Math.min(3, value.length()); i++) letters.add(value.substring(i, i + 1));
        return letters;
    }

    private static char last(String value) {
        return value.charAt(value.length() - 1);
    }

    /** Values stay short however often they are joined and added up. */
    private static String tail(String text) {
        return text.substring(Math.max(0, text.length() - TAIL));
    }

    private static IllegalArgumentException unknown(String name) {
        return new IllegalArgumentException("no function is called " + name);
    }

    private OracleFunctions() {}
}
