package weft;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's console tools one after the other in one process, as each would run in its own. Argument: a file with one command a line,
 * its class, arguments and, after "stdin", what it reads, all separated by tabs. Prints each command's name, what it wrote, and its exit
 * code.
 */
public final class ConsoleTools {
    /** Thrown where a tool would end its process: some catch it, and end once more. The first end counts, and what was written until then. */
    private static final class Ended extends RuntimeException {
        private Ended() {
            super(null, null, false, false);
        }
    }

    private static final PrintStream OUT = System.out;
    private static ByteArrayOutputStream written;
    private static byte[] writtenAtEnd;
    private static int code;

    private ConsoleTools() {
    }

    public static void main(String[] args) throws Exception {
        Exit.setExitProcedure((given, message) -> {
            if (writtenAtEnd == null) end(given);
            throw new Ended();
        });
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] words = line.split("\t");
            OUT.println("$ " + words[0]);
            written = new ByteArrayOutputStream();
            writtenAtEnd = null;
            System.setOut(new PrintStream(written, true));
            System.setErr(System.out);
            run(words);
            OUT.print(new String(writtenAtEnd, StandardCharsets.UTF_8));
            OUT.println("= " + code);
        }
        OUT.flush();
        Runtime.getRuntime().halt(0);
    }

    private static void end(int given) {
        code = given;
        writtenAtEnd = written.toByteArray();
    }

    private static void run(String[] words) throws Exception {
        int end = Arrays.asList(words).indexOf("stdin");
        String[] arguments = Arrays.copyOfRange(words, 2, end < 0 ? words.length : end);
        String input = end < 0 ? "" : words[end + 1].replace("\\n", "\n");
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        Method main = Class.forName(words[1]).getMethod("main", String[].class);
        try {
            main.invoke(null, (Object) arguments);
        } catch (InvocationTargetException thrown) {
            if (!(thrown.getCause() instanceof Ended)) System.out.println(thrown.getCause());
        }
        if (writtenAtEnd == null) end(0);
    }
}
