package io.vmsnap.job;

import io.vmsnap.task.DeleteResult;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a deletion or consolidation did, for people. */
final class DeleteReport {
  private DeleteReport() {}

  static String message(DeleteResult result) {
    String removed =
        result.removedUids().isEmpty()
            ? "no snapshot was there to delete"
            : (result.removedUids().size() == 1 ? "deleted snapshot " : "deleted snapshots ")
                + result.removedUids().stream()
                    .map(String::valueOf)
                    .collect(Collectors.joining(", "));
    return result.pending() == null ? removed : removed + "; " + result.pending();
  }

  static void print(DeleteResult result, PrintWriter out) {
    Double stun = result.timing().stunMillis();
    out.printf(
        Locale.ROOT,
        "  %d bytes merged, %d bytes freed, %s, total %.0f ms%n",
        result.mergedBytes(),
        result.freedBytes(),
        stun == null
            ? "the guest was not running"
            : String.format(Locale.ROOT, "longest stall %.1f ms", stun),
        result.timing().totalMillis());
  }
}
