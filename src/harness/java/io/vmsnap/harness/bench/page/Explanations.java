package io.vmsnap.harness.bench.page;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Why a peer can be ahead, and what would change it. Only said of what was measured below 1; what
 * is not known is said too.
 */
final class Explanations {
  private static final List<Explanation> KNOWN =
      List.of(
          new Explanation(
              "first write, 64 KiB in a row",
              "default qcow2",
              "A delta's index has clusters of 128 KiB, with 32 subclusters of VMware's grain of"
                  + " 4 KiB. Two of these requests share a cluster, and QEMU lets the second wait for"
                  + " the first's allocation; in default qcow2 each request is a cluster of its own."
                  + " And the extent is sparse, at the guest's offsets, where qcow2 appends.",
              "clusters of 64 KiB have subclusters of 2 KiB, which are no grains; requests of"
                  + " 128 KiB and more, as guests send when they write in a row, do not wait"),
          new Explanation(
              "(rewrite|read), 64 KiB in a row",
              "default qcow2",
              "The path in QEMU is the same but for one node more, the extent behind its index.",
              "a driver of our own in QEMU, which vmsnap does without"),
          new Explanation(
              "(first write|rewrite), 4 KiB scattered",
              "default qcow2",
              "Index and data are two files here, and the index is written for each grain.",
              "nothing that keeps the data readable for VMware's programs"),
          new Explanation(
              "read, 4 KiB scattered.*",
              ".*",
              "From the page cache QEMU's way of a request is the bound: a flat file without any"
                  + " format is hardly faster (the line raw of `./vmsnap bench disk`), so no driver"
                  + " is far from another, and small disturbances decide.",
              "nothing in the format"),
          new Explanation(
              "export to streamOptimized",
              ".*",
              "Both compress every grain on all cores; the time is that of deflate, here Java's, there"
                  + " zlib in QEMU's worker threads.",
              "a lower `--level`, for a larger file"),
          new Explanation(
              "export to .*",
              ".*",
              "Both end with the file on the volume, and most of that is the volume's time.",
              "a faster volume"),
          new Explanation(
              "adopt .*",
              "qemu-img convert",
              "An adoption reads its copy back and compares SHA-256 before anything of VMware's moves;"
                  + " a conversion trusts what it wrote. Beside qemu-img compare after it, which"
                  + " proves as much, see the next line of the table.",
              "leaving out the proof"),
          new Explanation(
              "adopt .*",
              ".*",
              "SHA-256 of both sides is more work than the comparison of two buffers.",
              "a processor with instructions for SHA-256"),
          new Explanation(
              "snapshot with memory, .*: total",
              ".*",
              "vmsnap ends when the RAM is on the volume (fsync), read back, and its checksum"
                  + " written; virsh ends when the bytes are in the page cache, without a checksum."
                  + " And the first pass of pre-copy goes slowly enough for the volume to catch up,"
                  + " which is what keeps the pause short.",
              "leaving out fsync and checks, for a snapshot that a power cut can lose"),
          new Explanation(
              "snapshot with memory, .*background: pause",
              ".*",
              "A background snapshot protects all of the RAM while the guest stands still, which takes"
                  + " time in proportion to the RAM.",
              "pre-copy, which vmsnap takes by itself unless the guest is too busy for it"),
          new Explanation(
              "snapshot with memory, .*pre-copy: pause",
              ".*",
              "The last pass of a guest that changes its RAM as fast as the volume takes it.",
              "a faster volume; background, which vmsnap takes when a guest is too busy"),
          new Explanation(
              "merge on .*, 64 KiB of every 256",
              ".*",
              "Pieces that lie apart are written by the volume one by one, by whoever merges; a merge"
                  + " of ours also keeps a journal, so that it goes on after any death.",
              "a volume that is not bound by the number of its writes"),
          new Explanation(
              "merge .*",
              ".*",
              "A merge is journaled, so that it goes on after any death: for a small delta those syncs"
                  + " are most of its time.",
              "a volume with a faster sync"),
          new Explanation(
              "revert .*",
              ".*",
              "A revert starts a new QEMU beside the old one, in a job with a Java of its own.",
              "a QEMU that is kept ready, at the price of its RAM"),
          new Explanation(
              "read what the .* holds, 4 KiB",
              "qcow2 chain",
              "Both ask each layer in turn. Where default qcow2 looks at one entry, a delta's layer"
                  + " has a bitmap of 32 subclusters besides.",
              "fewer snapshots in a row: the cost is that of the layers above the data"),
          new Explanation(
              "start .*",
              "without the AOT cache",
              "Java did not take the cache: it is from another Java or for other jar files.",
              "a new build: ./mvnw -DskipTests package"));

  private Explanations() {}

  /**
   * @param path of the figures that it is about, a pattern
   * @param peer their peer's name, a pattern
   */
  private record Explanation(Pattern path, Pattern peer, String why, String change) {
    Explanation(String path, String peer, String why, String change) {
      this(Pattern.compile(path), Pattern.compile(peer), why, change);
    }

    boolean isAbout(Figure figure) {
      return path.matcher(figure.path()).matches() && peer.matcher(figure.peerName()).matches();
    }
  }

  /** One line of the page for all figures below 1 with the same reason; empty if there are none. */
  static List<String> of(List<Figure> figures) {
    Map<String, List<String>> byReason = new LinkedHashMap<>();
    figures.stream()
        .filter(f -> f.ratio().isPresent() && f.ratio().getAsDouble() < 1)
        .forEach(f -> byReason.computeIfAbsent(reason(f), r -> new ArrayList<>()).add(label(f)));
    return byReason.entrySet().stream()
        .map(e -> "**" + String.join("; ", e.getValue()) + ".** " + e.getKey())
        .toList();
  }

  /** Why a cost can grow faster than it is meant to; a sentence for the page. */
  static String ofCost(String curve, String series) {
    if (curve.equals("disks") && series.equals("delete it")) {
      return "The merge of each disk writes configuration, history and journal anew, and all of them name"
          + " every disk: that part grows with the square of the disks. What would change it: one"
          + " plan for all merges of a deletion.";
    }
    return "No reason is known; disturbances of the machine show here too. Measure again, and profile"
        + " it if it stays.";
  }

  private static String label(Figure figure) {
    return "%s%s, beside %s: %s%s"
        .formatted(
            figure.path(),
            figure.size().isEmpty() ? "" : ", " + figure.size(),
            figure.peerName(),
            Amount.ratio(figure.ratio()),
            figure.isWithinTheSpread()
                ? " (the runs of both lie among each other: no difference can be told)"
                : "");
  }

  private static String reason(Figure figure) {
    return KNOWN.stream()
        .filter(e -> e.isAbout(figure))
        .findFirst()
        .map(e -> e.why() + " What would change it: " + e.change() + ".")
        .orElse("No reason is known.");
  }
}
