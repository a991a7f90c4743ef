package weft;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/**
 * Says of pairs of Avro schemas, two lines each (reader, writer), what Java's own compatibility check says: one line a pair with the kinds and
 * places of what is wrong, and then how Java prints the reader's schema.
 */
public final class AvroPairs {
  public static void main(String[] args) throws Exception {
    try (BufferedReader lines = Files.newBufferedReader(Path.of(args[0]))) {
      for (String reader = lines.readLine(); reader != null; reader = lines.readLine()) {
        Schema read = new Schema.Parser().parse(reader);
        Schema written = new Schema.Parser().parse(lines.readLine());
        var result = SchemaCompatibility.checkReaderWriterCompatibility(read, written).getResult();
        TreeSet<String> wrong = result.getIncompatibilities().stream()
            .map(found -> found.getType() + " " + found.getLocation())
            .collect(Collectors.toCollection(TreeSet::new));
        System.out.println(wrong);
        System.out.println(read);
      }
    }
  }
}
