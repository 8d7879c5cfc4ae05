package io.vmsnap.harness.bench.page;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What one part of {@code ./vmsnap bench} measured; kept as JSON, so that the page can be written
 * from the newest run of each part.
 *
 * @param part such as {@code disk}
 * @param quick whether sizes and rounds were reduced
 * @param facts of the machine, by name
 * @param notes sentences for the page
 * @param failure why the part ended early; null if it did not
 */
public record PartResult(
    String part,
    Instant begun,
    double seconds,
    boolean quick,
    Map<String, String> facts,
    List<Figure> figures,
    List<Curve> curves,
    List<String> notes,
    String failure) {
  public PartResult {
    figures = figures == null ? List.of() : List.copyOf(figures);
    curves = curves == null ? List.of() : List.copyOf(curves);
    notes = notes == null ? List.of() : List.copyOf(notes);
  }
}
