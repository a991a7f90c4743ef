package weft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaDeserializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaSerializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaDeserializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaSerializer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Apicurio's serialisers against a registry. `write URL` prints what they make of a value of each kind with several settings, one JSON
 * object a line; `read URL FILE` reads such lines, with the settings that each names, and prints what it found; `again URL FILE` reads them
 * and prints them as written again with the newest schema of each topic. `login URL SETTINGS` prints what one value comes to that is written and
 * read with these settings, as JSON, or which error.
 */
public final class ApicurioSerdes {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Schema ORDER = new Schema.Parser().parse(
      "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":["
          + "{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"note\",\"type\":[\"null\",\"string\"],\"default\":null}]}");

  public static void main(String[] args) throws Exception {
    if (args[0].equals("write")) write(args[1]);
    else if (args[0].equals("login")) for (int i = 2; i < args.length; i++) login(args[1], (ObjectNode) JSON.readTree(args[i]));
    else for (String line : Files.readAllLines(Path.of(args[2]))) {
      if (args[0].equals("again")) again(args[1], (ObjectNode) JSON.readTree(line));
      else read(args[1], (ObjectNode) JSON.readTree(line));
    }
    System.exit(0);
  }

  private static void login(String url, ObjectNode given) {
    Map<String, String> settings = new HashMap<>();
    given.fields().forEachRemaining(field -> settings.put(field.getKey(), field.getValue().asText()));
    try {
      GenericRecord record = new GenericData.Record(ORDER);
      record.put("id", 7L);
      byte[] data = configured(new AvroKafkaSerializer<GenericRecord>(), url, settings, true).serialize("login", record);
      System.out.println(configured(new AvroKafkaDeserializer<GenericRecord>(), url, settings).deserialize("login", data));
    } catch (Exception error) {
      Throwable cause = error;
      while (cause.getCause() != null) cause = cause.getCause();
      System.out.println("refused: " + cause.getClass().getSimpleName() + " " + String.valueOf(cause.getMessage()).lines().findFirst().orElse(""));
    }
  }

  private static void write(String url) throws Exception {
    Map<String, Map<String, String>> settings = new java.util.LinkedHashMap<>();
    settings.put("plain", Map.of());
    settings.put("global", Map.of("apicurio.registry.use-id", "globalId",
        "apicurio.registry.id-handler", "io.apicurio.registry.serde.Legacy8ByteIdHandler"));
    settings.put("headers", Map.of("apicurio.registry.headers.enabled", "true"));
    settings.put("record", Map.of("apicurio.registry.artifact-resolver-strategy",
        "io.apicurio.registry.serde.avro.strategy.RecordIdStrategy"));
    for (var entry : settings.entrySet()) {
      GenericRecord record = new GenericData.Record(ORDER);
      record.put("id", 7L);
      record.put("note", "grün");
      print("avro-" + entry.getKey(), entry.getValue(), configured(new AvroKafkaSerializer<>(), url, entry.getValue(), true), record);
    }
    Struct message = Struct.newBuilder().putFields("a", Value.newBuilder().setNumberValue(1).build()).build();
    for (String name : new String[] {"plain", "global", "headers"})
      print("protobuf-" + name, settings.get(name), configured(new ProtobufKafkaSerializer<Struct>(), url, settings.get(name), true), message);
  }

  private static <T> void print(String topic, Map<String, String> settings, Serializer<T> serializer, T value) throws Exception {
    Headers headers = new RecordHeaders();
    byte[] data = serializer.serialize(topic, headers, value);
    ObjectNode line = JSON.createObjectNode().put("topic", topic).put("data", Base64.getEncoder().encodeToString(data));
    line.set("settings", JSON.valueToTree(settings));
    for (Header header : headers) line.withArray("headers").addArray().add(header.key()).add(Base64.getEncoder().encodeToString(header.value()));
    System.out.println(JSON.writeValueAsString(line));
  }

  private static void read(String url, ObjectNode line) throws Exception {
    Object found = found(url, line, settings(line));
    System.out.println(line.get("topic").asText() + " " + (found instanceof DynamicMessage message ? message.getAllFields().size() : found));
  }

  private static void again(String url, ObjectNode line) throws Exception {
    Map<String, String> settings = settings(line);
    settings.put("apicurio.registry.find-latest", "true");
    // The check takes a map for another type than the map that it read.
    settings.put("apicurio.registry.serde.validation-enabled", "false");
    String topic = line.get("topic").asText();
    Object found = found(url, line, settings);
    Serializer<Object> serializer = serializer(topic);
    print(topic, settings, configured(serializer, url, settings, false), found);
  }

  private static Map<String, String> settings(ObjectNode line) {
    Map<String, String> settings = new HashMap<>();
    line.path("settings").fields().forEachRemaining(field -> settings.put(field.getKey(), field.getValue().asText()));
    return settings;
  }

  private static Object found(String url, ObjectNode line, Map<String, String> settings) {
    String topic = line.get("topic").asText();
    Headers headers = new RecordHeaders();
    for (JsonNode header : line.withArray("headers")) headers.add(header.get(0).asText(), Base64.getDecoder().decode(header.get(1).asText()));
    byte[] data = Base64.getDecoder().decode(line.get("data").asText());
    return configured(deserializer(topic), url, settings).deserialize(topic, headers, data);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Deserializer<Object> deserializer(String topic) {
    if (topic.startsWith("avro")) return (Deserializer) new AvroKafkaDeserializer<GenericRecord>();
    if (topic.startsWith("json")) return (Deserializer) new JsonSchemaKafkaDeserializer<JsonNode>();
    return (Deserializer) new ProtobufKafkaDeserializer<DynamicMessage>();
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Serializer<Object> serializer(String topic) {
    if (topic.startsWith("avro")) return (Serializer) new AvroKafkaSerializer<GenericRecord>();
    if (topic.startsWith("json")) return (Serializer) new JsonSchemaKafkaSerializer<JsonNode>();
    return (Serializer) new ProtobufKafkaSerializer<DynamicMessage>();
  }

  private static <T> Serializer<T> configured(Serializer<T> serializer, String url, Map<String, String> settings, boolean register) {
    serializer.configure(configs(url, settings, register), false);
    return serializer;
  }

  private static <T> Deserializer<T> configured(Deserializer<T> deserializer, String url, Map<String, String> settings) {
    Map<String, Object> configs = configs(url, settings, false);
    if (deserializer instanceof ProtobufKafkaDeserializer)
      configs.put("apicurio.registry.deserializer.value.return-class", DynamicMessage.class.getName());
    if (deserializer instanceof JsonSchemaKafkaDeserializer)
      configs.put("apicurio.registry.deserializer.value.return-class", JsonNode.class.getName());
    deserializer.configure(configs, false);
    return deserializer;
  }

  private static Map<String, Object> configs(String url, Map<String, String> settings, boolean register) {
    Map<String, Object> configs = new HashMap<>(settings);
    configs.put("apicurio.registry.url", url + "/apis/registry/v3");
    configs.put("apicurio.registry.auto-register", Boolean.toString(register));
    return configs;
  }
}
