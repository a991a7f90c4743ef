package weft;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Writes record batches as Kafka does, with a text of what is in them, and reads batches of others into the same text.
 *
 * Arguments: folder, seed, batches per compression. Reads ours.bin, writes ours.txt, java.bin, java.txt.
 */
public final class BatchCases {
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Random random = new Random(Long.parseLong(args[1]));
        try (DataInputStream ours = new DataInputStream(Files.newInputStream(folder.resolve("ours.bin")));
             PrintWriter text = new PrintWriter(folder.resolve("ours.txt").toFile(), StandardCharsets.UTF_8)) {
            for (byte[] batch = next(ours); batch != null; batch = next(ours)) text.println(describe(ByteBuffer.wrap(batch)));
        }
        try (DataOutputStream java = new DataOutputStream(Files.newOutputStream(folder.resolve("java.bin")));
             PrintWriter text = new PrintWriter(folder.resolve("java.txt").toFile(), StandardCharsets.UTF_8)) {
            for (CompressionType compression : CompressionType.values()) {
                for (int i = 0; i < Integer.parseInt(args[2]); i++) write(java, text, batch(random, compression, i));
            }
            for (ControlRecordType kind : new ControlRecordType[] {ControlRecordType.COMMIT, ControlRecordType.ABORT}) {
                EndTransactionMarker marker = new EndTransactionMarker(kind, 17);
                write(java, text, MemoryRecords.withEndTransactionMarker(42, 1_700_000_000_000L, 3, 9, (short) 2, marker).buffer());
            }
        }
    }

    private static byte[] next(DataInputStream in) throws Exception {
        int length;
        try {
            length = in.readInt();
        } catch (EOFException end) {
            return null;
        }
        return in.readNBytes(length);
    }

    private static void write(DataOutputStream out, PrintWriter text, ByteBuffer batch) throws Exception {
        byte[] bytes = new byte[batch.remaining()];
        batch.duplicate().get(bytes);
        out.writeInt(bytes.length);
        out.write(bytes);
        text.println(describe(batch));
    }

    private static ByteBuffer batch(Random random, CompressionType type, int index) {
        boolean transactional = index % 3 == 1;
        boolean idempotent = index % 3 != 0;
        boolean logAppendTime = index % 5 == 4;
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(512), RecordBatch.CURRENT_MAGIC_VALUE,
            Compression.of(type).build(), logAppendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            random.nextInt(1 << 30), logAppendTime ? 1_700_000_123_456L : RecordBatch.NO_TIMESTAMP,
            idempotent ? random.nextLong(1L << 50) : RecordBatch.NO_PRODUCER_ID,
            idempotent ? (short) random.nextInt(1000) : RecordBatch.NO_PRODUCER_EPOCH,
            idempotent ? random.nextInt(1 << 30) : RecordBatch.NO_SEQUENCE,
            transactional, random.nextInt(100));
        int count = 1 + random.nextInt(index % 10 == 9 ? 3000 : 20);
        for (int i = 0; i < count; i++) {
            builder.append(time(random), slice(random, 30), slice(random, index % 4 == 3 ? 4000 : 200), headers(random));
        }
        return builder.build().buffer();
    }

    private static long time(Random random) {
        return 1_700_000_000_000L + (random.nextInt(4) == 0 ? random.nextLong(-(1L << 40), 1L << 40) : random.nextInt(10_000));
    }

    /** Half repetitive, so that compression has something to find. */
    private static byte[] slice(Random random, int below) {
        if (random.nextInt(8) == 0) return null;
        byte[] bytes = new byte[random.nextInt(below)];
        if (random.nextBoolean()) random.nextBytes(bytes);
        else for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) ('a' + i % (1 + bytes.length / 7));
        return bytes;
    }

    private static Header[] headers(Random random) {
        List<Header> headers = new ArrayList<>();
        while (random.nextInt(3) == 0) headers.add(new RecordHeader("h\u00e4" + random.nextInt(100), slice(random, 20)));
        return headers.toArray(Header[]::new);
    }

    private static String describe(ByteBuffer buffer) {
        StringBuilder text = new StringBuilder();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(buffer.duplicate()).batches()) {
            batch.ensureValid();
            text.append("batch ").append(batch.baseOffset()).append(' ').append(batch.lastOffset())
                .append(' ').append(batch.partitionLeaderEpoch()).append(' ').append(batch.compressionType().name)
                .append(' ').append(batch.producerId()).append(' ').append(batch.producerEpoch())
                .append(' ').append(batch.baseSequence()).append(' ').append(batch.maxTimestamp())
                .append(' ').append(batch.isTransactional()).append(' ').append(batch.isControlBatch());
            for (Record record : batch) describe(text, record);
        }
        return text.toString();
    }

    private static void describe(StringBuilder text, Record record) {
        text.append(" | ").append(record.offset()).append(' ').append(record.timestamp())
            .append(' ').append(hex(record.key())).append(' ').append(hex(record.value()));
        for (Header header : record.headers()) {
            byte[] key = header.key().getBytes(StandardCharsets.UTF_8);
            text.append(' ').append(HexFormat.of().formatHex(key)).append('=')
                .append(header.value() == null ? "null" : hex(ByteBuffer.wrap(header.value())));
        }
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return "x" + HexFormat.of().formatHex(bytes);
    }
}
