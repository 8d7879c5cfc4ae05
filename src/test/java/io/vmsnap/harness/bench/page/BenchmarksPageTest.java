package io.vmsnap.harness.bench.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.bench.page.Curve.Point;
import io.vmsnap.harness.bench.page.Curve.Series;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class BenchmarksPageTest {
  private static final Figure AHEAD =
      figure("revert on demand", false, List.of(10.0, 30.0, 20.0), List.of(200.0, 100.0, 300.0));
  private static final Figure BEHIND =
      figure("export to raw", true, List.of(80.0, 81.0, 82.0), List.of(100.0, 101.0, 102.0));
  private static final Figure ALONE =
      new Figure("start of a job", "", "ms", false, List.of(5.0), null, List.of(), null);
  private static final Figure UNMEASURED =
      new Figure("merge", "64 MiB", "ms", false, List.of(5.0), "virsh", List.of(), "not here");
  private static final Curve CURVE =
      new Curve(
          "seal",
          "Seal of <a> delta & more",
          "grains",
          "milliseconds",
          List.of(
              series("seal", Order.LINEAR, 1),
              series("open", Order.CONSTANT, 0),
              series("worse than it should be", Order.CONSTANT, 2)));

  @TempDir Path folder;

  private static Figure figure(
      String path, boolean higherIsBetter, List<Double> runs, List<Double> peerRuns) {
    return new Figure(
        path,
        "256 MiB",
        higherIsBetter ? "MiB/s" : "ms",
        higherIsBetter,
        runs,
        "peer",
        peerRuns,
        null);
  }

  private static Series series(String name, Order expected, double exponent) {
    List<Point> points = new ArrayList<>();
    for (int x = 1; x <= 32; x *= 2) {
      points.add(new Point(x, 3 * Math.pow(x, exponent)));
    }
    return new Series(name, expected, points);
  }

  private static PartResult result(List<Figure> figures, List<Curve> curves) {
    return new PartResult(
        "disk",
        Instant.parse("2026-11-23T10:00:00Z"),
        12,
        false,
        Map.of("kernel", "Linux 6"),
        figures,
        curves,
        List.of("A note."),
        null);
  }

  @Test
  void ratioIsAboveOneWhereWeAreBetterWhateverTheUnit() {
    assertThat(AHEAD.ours()).isEqualTo(20);
    assertThat(AHEAD.ratio()).hasValue(10);
    assertThat(BEHIND.ratio().orElseThrow()).isBetween(0.8, 0.81);
    assertThat(ALONE.ratio()).isEmpty();
  }

  @Test
  void everyFigureIsARowAndOnlyThoseBehindAreExplained() {
    String page =
        new BenchmarksPage(List.of(result(List.of(AHEAD, BEHIND, ALONE, UNMEASURED), List.of())))
            .markdown();

    assertThat(page)
        .contains("| revert on demand | 256 MiB | 20.0 ms | peer | 200 ms | 10.00x |")
        .contains("| export to raw | 256 MiB | 81.0 MiB/s | peer | 101 MiB/s | 0.80x |")
        .contains("| start of a job |  | 5.00 ms |  |  |  |")
        .contains("| merge | 64 MiB | 5.00 ms | virsh | not measured | - |")
        .contains("| kernel | Linux 6 |")
        .contains("A note.");
    assertThat(page.lines().filter(line -> line.startsWith("- **")))
        .singleElement()
        .asString()
        .startsWith("- **export to raw, 256 MiB, beside peer: 0.80x.**");
  }

  @Test
  void whereNobodyIsAheadThePageSaysSo() {
    assertThat(new BenchmarksPage(List.of(result(List.of(AHEAD), List.of()))).markdown())
        .contains("Nowhere in this run.");
  }

  @Test
  void runsThatLieAmongEachOtherAreToldToTellNothing() {
    Figure noisy = figure("x", true, List.of(90.0, 110.0), List.of(100.0, 108.0));

    assertThat(Explanations.of(List.of(noisy)))
        .singleElement()
        .asString()
        .contains("no difference can be told")
        .contains("No reason is known.");
    assertThat(BEHIND.isWithinTheSpread()).isFalse();
  }

  @Test
  void costsAreHeldAgainstTheirOrder() {
    BenchmarksPage page = new BenchmarksPage(List.of(result(List.of(AHEAD), List.of(CURVE))));

    assertThat(page.verdicts())
        .containsExactly(
            "Seal of <a> delta & more, seal: expected at most linear, measured n^1.00",
            "Seal of <a> delta & more, open: expected constant, measured n^0.00",
            "Seal of <a> delta & more, worse than it should be: expected constant, measured n^2.00:"
                + " NOT MET");
  }

  @Test
  void fewPointsTellNoOrder() {
    List<Point> two = List.of(new Point(1, 1), new Point(2, 9));

    assertThat(Order.exponent(two)).isEmpty();
    assertThat(Order.CONSTANT.verdict(two)).endsWith("too few points to tell");
  }

  @Test
  void plotsAreWellFormedWithinTheirFrameAndReferredTo() throws Exception {
    BenchmarksPage page =
        new BenchmarksPage(List.of(result(List.of(AHEAD, BEHIND), List.of(CURVE))));
    Path old = Files.createDirectories(folder.resolve("benchmarks")).resolve("old.svg");
    Files.writeString(old, "");

    Path file = page.write(folder);

    assertThat(old).doesNotExist();
    assertThat(page.plots()).containsOnlyKeys("ratios-disk.svg", "seal.svg");
    for (String plot : page.plots().keySet()) {
      assertThat(file).content().contains("](benchmarks/" + plot + ")");
      checkPicture(Files.readString(folder.resolve("benchmarks").resolve(plot)));
    }
    assertThat(folder.resolve("benchmarks/seal.svg"))
        .content()
        .contains(">grains<", ">milliseconds<", "Seal of &lt;a&gt; delta &amp; more");
  }

  /** A level line stays level, a line of order 1 rises. */
  @Test
  void linesFollowTheirPoints() throws Exception {
    NodeList lines = parse(LinePlot.of(CURVE)).getElementsByTagName("polyline");

    assertThat(lines.getLength()).isEqualTo(3);
    String[] level = ((Element) lines.item(1)).getAttribute("points").split(" ");
    assertThat(level).hasSize(6).allMatch(p -> p.split(",")[1].equals(level[0].split(",")[1]));
    String[] rising = ((Element) lines.item(0)).getAttribute("points").split(" ");
    for (int i = 1; i < rising.length; i++) {
      assertThat(Double.parseDouble(rising[i].split(",")[1]))
          .isLessThan(Double.parseDouble(rising[i - 1].split(",")[1]));
    }
  }

  private static void checkPicture(String svg) throws Exception {
    Element root = parse(svg).getDocumentElement();
    assertThat(root.getTagName()).isEqualTo("svg");
    double width = Double.parseDouble(root.getAttribute("width"));
    double height = Double.parseDouble(root.getAttribute("height"));
    NodeList texts = root.getElementsByTagName("text");
    assertThat(texts.getLength()).isGreaterThan(4);
    for (int i = 0; i < texts.getLength(); i++) {
      Element text = (Element) texts.item(i);
      assertThat(text.getTextContent()).isNotBlank();
      if (text.hasAttribute("x")) {
        assertThat(Double.parseDouble(text.getAttribute("x"))).isBetween(0.0, width);
        assertThat(Double.parseDouble(text.getAttribute("y"))).isBetween(0.0, height);
        if (text.getAttribute("text-anchor").equals("end")) {
          assertThat(Double.parseDouble(text.getAttribute("x")))
              .as("begins within the picture")
              .isGreaterThan(7 * text.getTextContent().length());
        }
      }
    }
    assertThat(svg).doesNotContain("NaN", "Infinity");
  }

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  @Test
  void readmeQuotesTheLargestSizeBetweenItsMarks() throws IOException {
    Path readme = folder.resolve("README.md");
    Files.writeString(
        readme, "before\n<!-- written by ./vmsnap bench -->\nold\n<!-- end -->\nafter\n");
    Figure larger =
        new Figure(
            "revert on demand",
            "2048 MiB RAM",
            "ms",
            false,
            List.of(1000.0),
            "virsh snapshot-revert",
            List.of(8000.0),
            null);
    Figure smaller =
        new Figure(
            "revert on demand",
            "256 MiB RAM",
            "ms",
            false,
            List.of(1000.0),
            "virsh snapshot-revert",
            List.of(3000.0),
            null);

    boolean written =
        ReadmeQuote.of(List.of(result(List.of(smaller, larger), List.of()))).write(readme);

    assertThat(written).isTrue();
    assertThat(readme)
        .content()
        .startsWith("before\n<!-- written by ./vmsnap bench -->\n`./vmsnap bench` on 2026-11-23:")
        .contains(
            "| revert on demand | 2048 MiB RAM | 1,000 ms | virsh snapshot-revert | 8,000 ms | 8.00x |")
        .doesNotContain("old", "256 MiB RAM")
        .endsWith("|\n<!-- end -->\nafter\n");
    Files.writeString(readme, "without marks");
    assertThat(ReadmeQuote.of(List.of(result(List.of(larger), List.of()))).write(readme)).isFalse();
    assertThat(readme).hasContent("without marks");
  }

  @Test
  void resultsComeBackFromTheirFiles() throws IOException {
    ResultStore store = new ResultStore(folder.resolve("results"));
    PartResult written = result(List.of(AHEAD, ALONE, UNMEASURED), List.of(CURVE));

    store.write(written);

    assertThat(store.read(List.of("memory", "disk"))).containsExactly(written);
  }

  @Test
  void numbersKeepThreeDigits() {
    assertThat(Amount.of(12345.6, "/s")).isEqualTo("12,346/s");
    assertThat(Amount.of(12.34, "ms")).isEqualTo("12.3 ms");
    assertThat(Amount.of(0.01234, "ms")).isEqualTo("0.0123 ms");
    assertThat(Amount.round(0.5)).isEqualTo("0.5");
    assertThat(Amount.round(20)).isEqualTo("20");
  }

  @Test
  void axesEndAtRoundNumbersAroundTheValues() {
    LogScale scale = new LogScale(java.util.stream.DoubleStream.of(3, 700), 0, 100);

    assertThat(scale.ticks()).first().isEqualTo(2.0);
    assertThat(scale.ticks()).last().isEqualTo(1000.0);
    assertThat(scale.at(2)).isZero();
    assertThat(scale.at(3)).isBetween(0.0, 100.0);
    assertThat(scale.at(700)).isBetween(90.0, 100.0);
  }
}
