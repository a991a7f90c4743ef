package weft;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.utils.Utils;

/**
 * Writes messages as Kafka's own generated classes encode them: for each message and version, one with nothing set and
 * {@code perVersion} with random fields; and beside them a text of facts (versions, errors, hashes).
 *
 * Arguments: folder, seed, perVersion, then names of messages: {@code FetchRequest}, {@code ConsumerProtocolAssignment}, …
 */
public final class MessageCases {
    private static final String PACKAGE = "org.apache.kafka.common.message.";

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Random random = new Random(Long.parseLong(args[1]));
        int perVersion = Integer.parseInt(args[2]);
        try (DataOutputStream cases = new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(folder.resolve("messages.bin")), 1 << 16));
             PrintWriter facts = new PrintWriter(folder.resolve("facts.txt").toFile(), StandardCharsets.UTF_8)) {
            for (ApiKeys api : ApiKeys.values()) {
                facts.printf(Locale.ROOT, "api %d %s %d %d %d%n", api.id, api.messageType.name, api.oldestVersion(),
                    api.latestVersion(false), firstFlexible(api));
            }
            for (int i = 3; i < args.length; i++) writeAll(cases, args[i], random, perVersion);
            for (Errors error : Errors.values()) {
                facts.printf("error %d %s %b%n", error.code(), error.name(), error.exception() instanceof RetriableException);
            }
            for (int i = 0; i < 200; i++) {
                byte[] key = new byte[random.nextInt(20)];
                random.nextBytes(key);
                facts.printf("murmur2 %d <%s>%n", Utils.murmur2(key), HexFormat.of().formatHex(key));
            }
        }
    }

    private static int firstFlexible(ApiKeys api) {
        for (short version = api.oldestVersion(); version <= api.latestVersion(false); version++) {
            if (api.requestHeaderVersion(version) >= 2) return version;
        }
        return -1;
    }

    private static void writeAll(DataOutputStream cases, String name, Random random, int perVersion) throws Exception {
        boolean ofApi = name.endsWith("Request") || name.endsWith("Response");
        Class<?> type;
        try {
            type = Class.forName(PACKAGE + name + (ofApi ? "Data" : ""));
        } catch (ClassNotFoundException ofOtherClient) {
            return;
        }
        Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
        ApiMessage plain = (ApiMessage) type.getConstructor().newInstance();
        for (short version = plain.lowestSupportedVersion(); version <= plain.highestSupportedVersion(); version++) {
            writeDefault(cases, name, version, plain);
            for (int i = 0; i < perVersion; i++) {
                Message message = (Message) type.getConstructor().newInstance();
                new RandomFields(random).fill(message, schemas[version]);
                write(cases, name, version, 1, encode(message, version));
            }
        }
    }

    private static void writeDefault(DataOutputStream cases, String label, short version, Message plain)
            throws IOException {
        byte[] bytes;
        try {
            bytes = encode(plain, version);
        } catch (RuntimeException notEncodable) {
            return;
        }
        write(cases, label, version, 0, bytes);
    }

    private static byte[] encode(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.array();
    }

    private static void write(DataOutputStream cases, String label, short version, int kind, byte[] bytes)
            throws IOException {
        cases.writeUTF(label);
        cases.writeShort(version);
        cases.writeByte(kind);
        cases.writeInt(bytes.length);
        cases.write(bytes);
    }
}
