package io.vmsnap.harness.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.bench.page.BenchmarksPage;
import io.vmsnap.harness.bench.page.Curve;
import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.bench.page.PartResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The part runs to its end with tiny sizes. What it measures is nothing that a test may judge. */
class EngineBenchIT {
  private static final EngineBench.Sizes TINY =
      new EngineBench.Sizes(
          List.of(1, 2), List.of(1, 2040), List.of(1, 61), List.of(2, 20), List.of(1, 20), 8, 1);

  @TempDir Path folder;

  @Test
  void allCurvesHaveTheirPoints() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    BenchRun run = new BenchRun("engine", folder, true, List.of(), out, out);

    EngineBench.measure(run, TINY);

    PartResult result = run.result(null);
    assertThat(result.curves())
        .extracting(Curve::id)
        .containsExactly("chain-requests", "chain-open", "capacity", "disks", "history", "files");
    assertThat(result.curves())
        .allSatisfy(
            curve ->
                assertThat(curve.series())
                    .isNotEmpty()
                    .allSatisfy(
                        series -> assertThat(series.points()).hasSize(2).allMatch(p -> p.y() > 0)));
    assertThat(result.figures()).hasSize(3).allMatch(f -> f.ratio().isPresent());
    assertThat(result.figures()).extracting(Figure::size).containsOnly("chain of 2");
    assertThat(folder).as("what it made is gone").isEmptyDirectory();
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("[engine 0:", "5 of 5", "Long history (.vmsd)");
    assertThat(new BenchmarksPage(List.of(result)).table()).contains("qcow2 chain");
  }
}
