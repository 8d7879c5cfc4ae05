package io.vmsnap.harness.bench.page;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the README says of the benchmarks: a few lines of the page, with date and machine. */
public final class ReadmeQuote {
  private static final String BEGIN = "<!-- written by ./vmsnap bench -->";
  private static final String END = "<!-- end -->";

  /** Path and peer; of several sizes the largest is quoted. */
  private static final List<Headline> HEADLINES =
      List.of(
          new Headline("revert on demand", "virsh snapshot-revert"),
          new Headline("snapshot with memory, idle, pre-copy: pause", "virsh --memspec --live"),
          new Headline("merge on xfs, in a row", "virsh snapshot-delete"),
          new Headline("first write, 4 KiB scattered", "default qcow2"));

  private final String text;

  private ReadmeQuote(String text) {
    this.text = text;
  }

  private record Headline(String path, String peer) {
    Optional<Figure> in(List<Figure> figures) {
      return figures.stream()
          .filter(f -> f.path().equals(path) && peer.equals(f.peerName()))
          .filter(f -> f.ratio().isPresent())
          .reduce((first, last) -> last);
    }
  }

  /**
   * @param results at least one
   */
  public static ReadmeQuote of(List<PartResult> results) {
    List<Figure> figures = results.stream().flatMap(r -> r.figures().stream()).toList();
    List<Figure> quoted = new ArrayList<>();
    HEADLINES.forEach(headline -> headline.in(figures).ifPresent(quoted::add));
    Map<String, String> facts = results.getFirst().facts();
    return new ReadmeQuote(
        "`./vmsnap bench` on %s: %s, %s RAM, %s, QEMU %s. [All figures, also where others are ahead](docs/benchmarks.md)\n\n%s"
            .formatted(
                results.getFirst().begun().toString().substring(0, 10),
                facts.get("processor"),
                facts.get("RAM"),
                facts.get("file system"),
                facts.get("QEMU"),
                ResultTable.markdown(quoted)));
  }

  /**
   * Replaces what is between the marks; a file without them stays as it is.
   *
   * @return whether the file has the marks
   */
  public boolean write(Path readme) throws IOException {
    String before = Files.readString(readme);
    int begin = before.indexOf(BEGIN);
    int end = before.indexOf(END, Math.max(0, begin));
    if (begin < 0 || end < 0) {
      return false;
    }
    Files.writeString(
        readme, before.substring(0, begin + BEGIN.length()) + "\n" + text + before.substring(end));
    return true;
  }
}
