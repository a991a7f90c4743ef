package weft;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.protocol.Errors;

/** What the conversations share: one line a step, its name and what was seen, errors by their number. */
final class Steps {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private Steps() {}

    static void step(String name, Callable<String> work) throws Exception {
        String seen;
        try {
            seen = work.call();
        } catch (ExecutionException failed) {
            seen = "error:" + Errors.forException(failed.getCause()).code();
        } catch (KafkaException failed) {
            seen = "error:" + Errors.forException(failed).code();
        }
        System.out.println(name + " " + seen);
    }

    /** Brokers learn of a change a little after it was made. */
    static void eventually(Callable<Boolean> holds) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            try {
                if (holds.call()) return;
            } catch (ExecutionException notYet) {
                // Not there yet.
            }
            Thread.sleep(20);
        }
    }
}
