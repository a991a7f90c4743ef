package weft;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Java's side of src/serde/serde.bench.ts: the same record, decoded whole and encoded, once for each line that is given. */
public final class SerdeBench {
  static final String[] TEXTS = {"order_id", "sku", "city", "country", "segment", "note"};
  static long checksum;

  interface Work {
    int run() throws Exception;
  }

  record Measure(String name, Work work) {}

  static final List<Measure> measures = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    int count = Integer.parseInt(System.getenv().getOrDefault("RECORDS", "300000"));
    Map<String, Object> order = order();
    avro(order);
    protobuf(order);
    json(order);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    while (lines.readLine() != null) {
      for (Measure measure : measures) {
        long start = System.nanoTime();
        for (int index = 0; index < count; index++) checksum += measure.work.run();
        System.out.printf("java / %s: %.4f µs each, checksum %d%n", measure.name, (System.nanoTime() - start) / 1e3 / count, checksum);
      }
      System.out.println();
    }
  }

  static Map<String, Object> order() {
    Map<String, Object> order = new LinkedHashMap<>();
    order.put("order_id", "ord-0000012345");
    order.put("sku", "SKU-99812-AB");
    order.put("city", "Amsterdam");
    order.put("country", "NL");
    order.put("segment", "gold");
    order.put("note", "leave at the door of the neighbours, please ring");
    order.put("customer_id", 123_456_789L);
    order.put("created", 1_700_000_000_000L);
    order.put("total", 1234.5);
    order.put("discount", 0.1);
    order.put("weight", 1.5f);
    order.put("quantity", 3);
    order.put("lines", 2);
    order.put("express", true);
    order.put("status", "PAID");
    return order;
  }

  static void avro(Map<String, Object> order) throws Exception {
    StringBuilder fields = new StringBuilder();
    for (String name : TEXTS) fields.append("{\"name\":\"").append(name).append("\",\"type\":{\"type\":\"string\",\"avro.java.string\":\"String\"}},");
    String text = "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[" + fields
        + "{\"name\":\"customer_id\",\"type\":\"long\"},{\"name\":\"created\",\"type\":\"long\"},{\"name\":\"total\",\"type\":\"double\"},"
        + "{\"name\":\"discount\",\"type\":\"double\"},{\"name\":\"weight\",\"type\":\"float\"},{\"name\":\"quantity\",\"type\":\"int\"},"
        + "{\"name\":\"lines\",\"type\":\"int\"},{\"name\":\"express\",\"type\":\"boolean\"},"
        + "{\"name\":\"status\",\"type\":{\"type\":\"enum\",\"name\":\"Status\",\"symbols\":[\"NEW\",\"PAID\",\"SENT\"]}}]}";
    Schema schema = new Schema.Parser().parse(text);
    GenericRecord record = new GenericData.Record(schema);
    order.forEach((name, value) -> record.put(name, name.equals("status") ? new GenericData.EnumSymbol(schema.getField("status").schema(), value) : value));
    GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(schema);
    GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    BinaryEncoder[] encoder = {null};
    Work encode = () -> {
      out.reset();
      encoder[0] = EncoderFactory.get().directBinaryEncoder(out, encoder[0]);
      writer.write(record, encoder[0]);
      return out.toByteArray().length;
    };
    encode.run();
    byte[] bytes = out.toByteArray();
    BinaryDecoder[] decoder = {null};
    measure("avro decode (" + bytes.length + " bytes)", () -> {
      decoder[0] = DecoderFactory.get().binaryDecoder(bytes, decoder[0]);
      return (Integer) reader.read(null, decoder[0]).get("quantity");
    });
    measure("avro encode", encode);
  }

  static void protobuf(Map<String, Object> order) throws Exception {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName("Order");
    Type[] types = {Type.TYPE_STRING, Type.TYPE_STRING, Type.TYPE_STRING, Type.TYPE_STRING, Type.TYPE_STRING, Type.TYPE_STRING, Type.TYPE_INT64,
        Type.TYPE_INT64, Type.TYPE_DOUBLE, Type.TYPE_DOUBLE, Type.TYPE_FLOAT, Type.TYPE_INT32, Type.TYPE_INT32, Type.TYPE_BOOL, Type.TYPE_ENUM};
    int number = 0;
    for (String name : order.keySet()) {
      FieldDescriptorProto.Builder field = FieldDescriptorProto.newBuilder().setName(name).setNumber(number + 1).setType(types[number]);
      if (types[number] == Type.TYPE_ENUM) field.setTypeName(".Status");
      message.addField(field);
      number++;
    }
    EnumDescriptorProto.Builder status = EnumDescriptorProto.newBuilder().setName("Status");
    String[] symbols = {"NEW", "PAID", "SENT"};
    for (int index = 0; index < symbols.length; index++) status.addValue(EnumValueDescriptorProto.newBuilder().setName(symbols[index]).setNumber(index));
    FileDescriptorProto file = FileDescriptorProto.newBuilder().setName("order.proto").setSyntax("proto3").addMessageType(message).addEnumType(status).build();
    Descriptor descriptor = FileDescriptor.buildFrom(file, new FileDescriptor[0]).findMessageTypeByName("Order");
    DynamicMessage.Builder builder = DynamicMessage.newBuilder(descriptor);
    order.forEach((name, value) -> builder.setField(descriptor.findFieldByName(name),
        name.equals("status") ? descriptor.findFieldByName(name).getEnumType().findValueByName((String) value) : value));
    // Built anew for each, as a serialiser gets it: a message keeps its size once it is known.
    Work encode = () -> builder.clone().build().toByteArray().length;
    byte[] bytes = builder.build().toByteArray();
    var quantity = descriptor.findFieldByName("quantity");
    measure("protobuf decode (" + bytes.length + " bytes)", () -> (Integer) DynamicMessage.parseFrom(descriptor, bytes).getField(quantity));
    measure("protobuf encode", encode);
  }

  static void json(Map<String, Object> order) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    byte[] bytes = mapper.writeValueAsBytes(order);
    measure("json decode (" + bytes.length + " bytes)", () -> (Integer) mapper.readValue(bytes, Map.class).get("quantity"));
    measure("json encode", () -> mapper.writeValueAsBytes(order).length);
  }

  static void measure(String name, Work work) {
    measures.add(new Measure(name, work));
  }
}
