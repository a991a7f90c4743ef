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
    private static final class Ended extends RuntimeException {
        private final int code;

        private Ended(int code) {
            super(null, null, false, false);
            this.code = code;
        }
    }

    private ConsoleTools() {
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        Exit.setExitProcedure((code, message) -> {
            throw new Ended(code);
        });
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] words = line.split("\t");
            out.println("$ " + words[0]);
            ByteArrayOutputStream written = new ByteArrayOutputStream();
            System.setOut(new PrintStream(written, true));
            System.setErr(System.out);
            int code = run(words);
            out.print(written.toString(StandardCharsets.UTF_8));
            out.println("= " + code);
            out.flush();
        }
        System.setOut(out);
        Runtime.getRuntime().halt(0);
    }

    private static int run(String[] words) throws Exception {
        int end = Arrays.asList(words).indexOf("stdin");
        String[] arguments = Arrays.copyOfRange(words, 2, end < 0 ? words.length : end);
        String input = end < 0 ? "" : words[end + 1].replace("\\n", "\n");
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        Method main = Class.forName(words[1]).getMethod("main", String[].class);
        try {
            main.invoke(null, (Object) arguments);
            return 0;
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof Ended ended) return ended.code;
            System.out.println(thrown.getCause());
            return -1;
        }
    }
}
