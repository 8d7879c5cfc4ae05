package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Curve;
import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.bench.page.MachineFacts;
import io.vmsnap.harness.bench.page.PartResult;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a part is given to measure with, and where it puts what it measured. */
public final class BenchRun {
  private final String part;
  private final Path folder;
  private final boolean quick;
  private final List<Long> mebibytes;
  private final PrintStream out;
  private final PrintStream progress;
  private final Instant begun = Instant.now();
  private final Map<String, String> facts;
  private final List<Figure> figures = new ArrayList<>();
  private final List<Curve> curves = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /**
   * @param part its name
   * @param folder empty, on the volume to measure; removed afterwards by the caller
   * @param quick whether sizes and rounds are to be small
   * @param mebibytes sizes that the user asked for; empty for the part's own
   * @param out for the part's report
   * @param progress for lines that tell how far it is
   */
  public BenchRun(
      String part,
      Path folder,
      boolean quick,
      List<Long> mebibytes,
      PrintStream out,
      PrintStream progress)
      throws IOException, InterruptedException {
    this.part = part;
    this.folder = folder;
    this.quick = quick;
    this.mebibytes = List.copyOf(mebibytes);
    this.out = out;
    this.progress = progress;
    this.facts = MachineFacts.of(folder);
  }

  /** Empty when the part begins, on the volume to measure. */
  public Path folder() {
    return folder;
  }

  public PrintStream out() {
    return out;
  }

  /** Whether sizes and rounds are to be small. */
  public boolean quick() {
    return quick;
  }

  /** The first in a full run, the second in a quick one. */
  public <T> T fullOrQuick(T full, T small) {
    return quick ? small : full;
  }

  /** The sizes that the user asked for, or else these. */
  public List<Long> mebibytes(List<Long> full, List<Long> small) {
    return mebibytes.isEmpty() ? fullOrQuick(full, small) : mebibytes;
  }

  /** Tells how far the part is. */
  public void progress(int step, int steps, String what) {
    Duration time = Duration.between(begun, Instant.now());
    progress.printf(
        Locale.ROOT,
        "[%s %d:%02d] %d of %d: %s%n",
        part,
        time.toMinutes(),
        time.toSecondsPart(),
        step,
        steps,
        what);
  }

  public void add(Figure figure) {
    figures.add(figure);
  }

  public void add(Curve curve) {
    curves.add(curve);
  }

  /** A sentence for the page. */
  public void note(String sentence) {
    notes.add(sentence);
  }

  /**
   * What was measured so far.
   *
   * @param failure why the part ended early; null if it did not
   */
  public PartResult result(String failure) {
    return new PartResult(
        part,
        begun,
        Duration.between(begun, Instant.now()).toMillis() / 1e3,
        quick,
        facts,
        figures,
        curves,
        notes,
        failure);
  }
}
