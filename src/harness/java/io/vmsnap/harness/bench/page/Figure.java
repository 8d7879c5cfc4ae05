package io.vmsnap.harness.bench.page;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.OptionalDouble;

/**
 * One path, measured alone or beside another program that does the same, in turns.
 *
 * @param path what was done, such as {@code read, 4 KiB scattered}
 * @param size on what, such as {@code 512 MiB}
 * @param unit of all values, such as {@code ms}
 * @param higherIsBetter for rates; not for times
 * @param runs one value for each round
 * @param peerName the other program; null where there is none
 * @param peerRuns empty where the peer was not measured
 * @param remark why it was not; null otherwise
 */
public record Figure(
    String path,
    String size,
    String unit,
    boolean higherIsBetter,
    List<Double> runs,
    String peerName,
    List<Double> peerRuns,
    String remark) {
  public Figure {
    runs = List.copyOf(runs);
    peerRuns = peerRuns == null ? List.of() : List.copyOf(peerRuns);
    if (runs.isEmpty()) {
      throw new IllegalArgumentException(path + ": no run was measured");
    }
  }

  /** The median of the rounds. */
  public double ours() {
    return Median.of(runs);
  }

  /** The peer's median; empty where it was not measured. */
  public OptionalDouble peer() {
    return peerRuns.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Median.of(peerRuns));
  }

  /** How many times better than the peer; above 1 is better, whatever the unit. */
  public OptionalDouble ratio() {
    if (peerRuns.isEmpty()) {
      return OptionalDouble.empty();
    }
    double peer = Median.of(peerRuns);
    return OptionalDouble.of(higherIsBetter ? ours() / peer : peer / ours());
  }

  /** Whether the middle halves of both's runs overlap, so that the medians tell no difference. */
  @JsonIgnore
  public boolean isWithinTheSpread() {
    return !peerRuns.isEmpty()
        && Median.lowerQuartile(runs) <= Median.upperQuartile(peerRuns)
        && Median.lowerQuartile(peerRuns) <= Median.upperQuartile(runs);
  }
}
