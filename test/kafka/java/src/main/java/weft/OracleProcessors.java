package weft;

import java.time.Duration;
import java.util.function.BiFunction;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Operations of streams as processors of the lower interface. KSML makes them so, and only then do names that Kafka Streams counts out
 * come out as KSML's.
 */
final class OracleProcessors {
    static ProcessorSupplier<String, String, String, String> pairs(BiFunction<String, String, Iterable<KeyValue<String, String>>> function) {
        return () -> new ContextualProcessor<>() {
            @Override
            public void process(Record<String, String> record) {
                for (KeyValue<String, String> pair : function.apply(record.key(), record.value())) {
                    context().forward(record.withKey(pair.key).withValue(pair.value));
                }
            }
        };
    }

    static FixedKeyProcessorSupplier<String, String, String> values(BiFunction<String, String, Iterable<String>> function) {
        return () -> new ContextualFixedKeyProcessor<>() {
            @Override
            public void process(FixedKeyRecord<String, String> record) {
                for (String value : function.apply(record.key(), record.value())) context().forward(record.withValue(value));
            }
        };
    }

    /** Says what time it is, each time that the records' time has come to another multiple. */
    static ProcessorSupplier<String, String, String, String> ticks(Duration every) {
        return () -> new ContextualProcessor<>() {
            @Override
            public void init(ProcessorContext<String, String> context) {
                super.init(context);
                context.schedule(every, PunctuationType.STREAM_TIME,
                    time -> context.forward(new Record<>("tick", String.valueOf(time), time)));
            }

            @Override
            public void process(Record<String, String> record) {}
        };
    }

    private OracleProcessors() {}
}
