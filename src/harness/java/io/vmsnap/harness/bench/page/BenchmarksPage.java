package io.vmsnap.harness.bench.page;

import io.vmsnap.harness.bench.page.Curve.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** {@code docs/benchmarks.md} and its plots, made of the newest result of each part. */
public final class BenchmarksPage {
  private static final String FILE = "benchmarks.md";
  private static final String PLOTS = "benchmarks";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final List<PartResult> results;
  private final Map<String, String> plots = new LinkedHashMap<>();

  /**
   * @param results at least one
   */
  public BenchmarksPage(List<PartResult> results) {
    this.results = List.copyOf(results);
  }

  /** The one table, for the terminal. */
  public String table() {
    return ResultTable.text(figures());
  }

  /** Lines about cost curves, for the terminal; empty if there are none. */
  public List<String> verdicts() {
    return claims()
        .map(c -> c.curve().title() + ", " + c.series().name() + ": " + c.verdict())
        .toList();
  }

  /**
   * Writes page and plots, and removes plots of former pages.
   *
   * @param docs the folder for both
   * @return the page's file
   */
  public Path write(Path docs) throws IOException {
    Path folder = Files.createDirectories(docs.resolve(PLOTS));
    String text = markdown();
    try (Stream<Path> old = Files.list(folder)) {
      for (Path file : old.filter(f -> f.toString().endsWith(".svg")).toList()) {
        Files.delete(file);
      }
    }
    for (Map.Entry<String, String> plot : plots.entrySet()) {
      Files.writeString(folder.resolve(plot.getKey()), plot.getValue());
    }
    Path page = docs.resolve(FILE);
    Files.writeString(page, text);
    return page;
  }

  /** The page's text; its plots are made on the way. */
  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("# Benchmarks\n\n").append(introduction()).append('\n');
    text.append("\n## Machine\n\n| | |\n|---|---|\n");
    results.getFirst().facts().forEach((k, v) -> text.append("| " + k + " | " + v + " |\n"));
    text.append(
        """

        ## Results

        Medians of rounds in which all take turns. Above 1x vmsnap is better, for rates and for times.

        """);
    text.append(ResultTable.markdown(figures()));
    List<String> behind = Explanations.of(figures());
    text.append("\n## Where a peer is ahead\n\n");
    text.append(behind.isEmpty() ? "Nowhere in this run.\n" : "");
    behind.forEach(line -> text.append("- ").append(line).append('\n'));
    costs(text);
    results.forEach(result -> part(text, result));
    text.append(
        """

        ## Measure it yourself

        `./vmsnap bench` measures all parts and writes this page; `--quick` takes smaller sizes and fewer
        rounds. `./vmsnap bench PART` measures one part, and `./vmsnap bench page` writes the page anew from
        the last run of each. The values of all rounds are in `target/bench/*.json`. How to profile a path is
        in [working on vmsnap](operations/development.md#profiling).
        """);
    return text.toString();
  }

  Map<String, String> plots() {
    return plots;
  }

  private String introduction() {
    StringBuilder text = new StringBuilder();
    text.append("Written by `./vmsnap bench` on ").append(day(results.getFirst().begun()));
    if (results.stream().anyMatch(PartResult::quick)) {
      text.append(". **Parts of it are from a quick run**, with small sizes and few rounds");
    }
    text.append(". No figure was edited. Times of the parts:\n\n| part | begun | took | |\n");
    text.append("|---|---|---:|---|\n");
    for (PartResult result : results) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %.0f s | %s |\n",
              result.part(),
              TIME.format(result.begun()),
              result.seconds(),
              (result.quick() ? "quick" : "")
                  + (result.failure() == null ? "" : " ended early: " + result.failure())));
    }
    return text.toString();
  }

  private static String day(Instant time) {
    return TIME.format(time).substring(0, 10);
  }

  private void costs(StringBuilder text) {
    if (claims().findAny().isEmpty()) {
      return;
    }
    text.append(
        """

        ## How costs grow

        The exponent is the slope of the medians in a log-log plot, over the upper half of the sizes: 0 is
        constant, 1 is linear.

        | cost | of | from | to | |
        |---|---|---|---|---|
        """);
    claims()
        .forEach(
            c ->
                text.append(
                    "| %s | %s | %s at %s | %s at %s | %s |\n"
                        .formatted(
                            c.curve().title(),
                            c.series().name(),
                            Amount.number(c.series().points().getFirst().y()),
                            Amount.round(c.series().points().getFirst().x()),
                            Amount.number(c.series().points().getLast().y()),
                            Amount.round(c.series().points().getLast().x()),
                            c.verdict())));
    List<Claim> missed =
        claims().filter(c -> !c.series().expected().isMet(c.series().points())).toList();
    text.append(missed.isEmpty() ? "" : "\n");
    for (Claim claim : missed) {
      String name = claim.series().name();
      text.append(
          "- **%s, %s.** %s\n"
              .formatted(
                  claim.curve().title(), name, Explanations.ofCost(claim.curve().id(), name)));
    }
  }

  private void part(StringBuilder text, PartResult result) {
    text.append("\n## ").append(title(result.part())).append("\n\n");
    result.notes().forEach(note -> text.append(note).append("\n\n"));
    if (result.figures().stream().anyMatch(f -> f.ratio().isPresent())) {
      String title = title(result.part()) + ": vmsnap beside others";
      plot(text, "ratios-" + result.part(), title, RatioPlot.of(title, result.figures()));
    }
    for (Curve curve : result.curves()) {
      plot(text, curve.id(), curve.title(), LinePlot.of(curve));
    }
  }

  private void plot(StringBuilder text, String name, String title, String svg) {
    plots.put(name + ".svg", svg);
    text.append("![%s](%s/%s.svg)\n\n".formatted(title, PLOTS, name));
  }

  private static String title(String part) {
    return part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1);
  }

  private List<Figure> figures() {
    return results.stream().flatMap(r -> r.figures().stream()).toList();
  }

  private record Claim(Curve curve, Series series) {
    String verdict() {
      return series.expected().verdict(series.points());
    }
  }

  /** The series whose order is stated, and that have points enough to tell. */
  private Stream<Claim> claims() {
    return results.stream()
        .flatMap(r -> r.curves().stream())
        .flatMap(
            curve ->
                curve.series().stream()
                    .filter(s -> s.expected() != null && Order.exponent(s.points()).isPresent())
                    .map(s -> new Claim(curve, s)));
  }
}
