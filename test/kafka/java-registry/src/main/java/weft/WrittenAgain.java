package weft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.DurationProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.WrappersProto;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.TreeSet;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Reads values that another codec wrote with Java's own libraries and writes them again: a JSON line of the file in, a line of hex out. */
public final class WrittenAgain {
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      JsonNode request = json.readTree(line);
      byte[] data = HexFormat.of().parseHex(request.get("hex").asText());
      String schema = request.get("schema").asText();
      try {
        byte[] written = switch (request.get("kind").asText()) {
          case "avro" -> avro(schema, data);
          case "protobuf" -> protobuf(Base64.getDecoder().decode(schema), data);
          // As text: straight to bytes, pairs of surrogates would be escaped.
          default -> json.writeValueAsString(sorted(json.readTree(data))).getBytes(StandardCharsets.UTF_8);
        };
        System.out.println(HexFormat.of().formatHex(written));
      } catch (Exception error) {
        System.out.println(error);
      }
    }
  }

  /** Fields by name, those that begin with @ behind the others. */
  private static JsonNode sorted(JsonNode node) {
    if (node.isArray()) {
      ArrayNode items = JsonNodeFactory.instance.arrayNode();
      node.forEach(item -> items.add(sorted(item)));
      return items;
    }
    if (!node.isObject()) return node;
    Comparator<String> metaLast = Comparator.comparing(name -> name.startsWith("@"));
    var names = new TreeSet<String>(metaLast.thenComparing(Comparator.naturalOrder()));
    node.fieldNames().forEachRemaining(names::add);
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    for (String name : names) fields.set(name, sorted(node.get(name)));
    return fields;
  }

  /** Values as what their logical types mean: decimals as BigDecimal, times as Instant. */
  private static GenericData meanings() {
    GenericData data = new GenericData();
    data.addLogicalTypeConversion(new Conversions.DecimalConversion());
    data.addLogicalTypeConversion(new Conversions.BigDecimalConversion());
    data.addLogicalTypeConversion(new Conversions.UUIDConversion());
    data.addLogicalTypeConversion(new TimeConversions.DateConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
    data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
    return data;
  }

  private static byte[] avro(String text, byte[] data) throws Exception {
    Schema schema = new Schema.Parser().parse(text);
    GenericData meanings = meanings();
    Object value = new GenericDatumReader<>(schema, schema, meanings).read(null, DecoderFactory.get().binaryDecoder(data, null));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<>(schema, meanings).write(value, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  /** @param file a FileDescriptorProto, whose first message is meant */
  private static byte[] protobuf(byte[] file, byte[] data) throws Exception {
    FileDescriptor[] known = {TimestampProto.getDescriptor(), WrappersProto.getDescriptor(), DurationProto.getDescriptor()};
    FileDescriptor descriptor = FileDescriptor.buildFrom(FileDescriptorProto.parseFrom(file), known, true);
    return DynamicMessage.parseFrom(descriptor.getMessageTypes().get(0), data).toByteArray();
  }
}
