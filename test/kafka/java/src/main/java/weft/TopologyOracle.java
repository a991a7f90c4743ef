package weft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.test.TestRecord;

/**
 * Kafka Streams as an oracle. Each line on standard input is a case: operations, records for it, topics to read; the answer is one line
 * with all that was written, what the stores hold and how the topology is divided. Ends with its input.
 */
public final class TopologyOracle {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err);
        BufferedReader cases = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = cases.readLine(); line != null; line = cases.readLine()) {
            answers.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
            answers.flush();
        }
    }

    private static ObjectNode answer(JsonNode plan) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            Properties config = config(plan);
            Topology topology = OracleTopology.build(plan.get("operations"), config, plan.path("counted").asBoolean());
            answer.set("parts", parts(topology.describe()));
            try (TopologyTestDriver driver = new TopologyTestDriver(topology, config, Instant.ofEpochMilli(0))) {
                feed(driver, plan);
                answer.set("outputs", outputs(driver, plan));
                answer.set("stores", new OracleStores(driver, plan.get("records")).shown(JSON));
            }
        } catch (RuntimeException | Error failure) {
            Throwable cause = failure;
            while (cause.getCause() != null) cause = cause.getCause();
            answer.removeAll();
            answer.put("error", cause.toString());
            answer.put("at", cause.getStackTrace().length > 0 ? cause.getStackTrace()[0].toString() : "");
        }
        return answer;
    }

    private static Properties config(JsonNode plan) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "app");
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, org.apache.kafka.common.serialization.Serdes.StringSerde.class);
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, org.apache.kafka.common.serialization.Serdes.StringSerde.class);
        config.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("java.io.tmpdir") + "/weft-oracle-" + ProcessHandle.current().pid());
        config.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        config.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG, BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
        // Kafka Streams looks for what is due once a second of wall-clock time; here every record looks.
        config.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
        config.put("__emit.interval.ms.kstreams.windowed.aggregation__", 0L);
        return config;
    }

    private static void feed(TopologyTestDriver driver, JsonNode plan) {
        Map<String, TestInputTopic<String, String>> topics = new TreeMap<>();
        for (JsonNode record : plan.get("records")) {
            if (record.has("advanceMs")) {
                driver.advanceWallClockTime(Duration.ofMillis(record.get("advanceMs").asLong()));
                continue;
            }
            TestInputTopic<String, String> topic = topics.computeIfAbsent(record.get("topic").asText(),
                name -> driver.createInputTopic(name, new StringSerializer(), new StringSerializer()));
            RecordHeaders headers = new RecordHeaders();
            for (JsonNode header : record.path("headers")) {
                headers.add(header.get(0).asText(), header.get(1).asText().getBytes(StandardCharsets.UTF_8));
            }
            topic.pipeInput(new TestRecord<>(text(record.get("key")), text(record.get("value")), headers, record.get("timestampMs").asLong()));
        }
    }

    private static ObjectNode outputs(TopologyTestDriver driver, JsonNode plan) {
        ObjectNode outputs = JSON.createObjectNode();
        for (JsonNode named : plan.get("outputs")) {
            ArrayNode records = outputs.putArray(named.asText());
            TestOutputTopic<byte[], byte[]> topic =
                driver.createOutputTopic(named.asText(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
            while (!topic.isEmpty()) {
                TestRecord<byte[], byte[]> record = topic.readRecord();
                ArrayNode one = records.addArray();
                one.add(shown(record.key())).add(shown(record.value())).add(record.timestamp());
                ArrayNode headers = one.addArray();
                for (Header header : record.headers()) headers.addArray().add(header.key()).add(shown(header.value()));
            }
        }
        return outputs;
    }

    /** Text as it is; the eight bytes of a long as its digits. */
    private static String shown(byte[] bytes) {
        if (bytes == null) return null;
        if (bytes.length == Long.BYTES && bytes[0] == 0) return Long.toString(ByteBuffer.wrap(bytes).getLong());
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** What each sub-topology reads, writes and keeps. */
    private static ArrayNode parts(TopologyDescription description) {
        ArrayNode parts = JSON.createArrayNode();
        for (TopologyDescription.Subtopology sub : description.subtopologies()) {
            ObjectNode part = parts.addObject();
            TreeMap<String, Boolean> sources = new TreeMap<>();
            TreeMap<String, Boolean> sinks = new TreeMap<>();
            TreeMap<String, Boolean> stores = new TreeMap<>();
            for (TopologyDescription.Node node : sub.nodes()) {
                if (node instanceof TopologyDescription.Source source) source.topicSet().forEach(topic -> sources.put(topic, true));
                if (node instanceof TopologyDescription.Sink sink) sinks.put(sink.topic(), true);
                if (node instanceof TopologyDescription.Processor processor) processor.stores().forEach(store -> stores.put(store, true));
            }
            sources.keySet().forEach(part.putArray("sources")::add);
            sinks.keySet().forEach(part.putArray("sinks")::add);
            stores.keySet().forEach(part.putArray("stores")::add);
        }
        return parts;
    }

    private static String text(JsonNode node) {
        return node == null || node.isNull() ? null : node.asText();
    }

    private TopologyOracle() {}
}
