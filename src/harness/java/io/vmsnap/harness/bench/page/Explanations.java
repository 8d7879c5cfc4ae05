package io.vmsnap.harness.bench.page;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Why a peer can be ahead, and what would change it. Only said of what was measured below 1; what
 * is not known is said too.
 */
final class Explanations {
  private static final List<Explanation> KNOWN =
      List.of(
          new Explanation(
              "(first write|rewrite|read), 64 KiB in a row",
              "default qcow2",
              "Each request of 64 KiB is one entry with 16 subclusters of 4 KiB here, and the data"
                  + " lies at the guest's offset of a file that is mostly holes, as VMware's"
                  + " format wants it. Default qcow2 appends: its volume writes without a gap.",
              "a larger grain, which VMware's programs would have to accept; they write 4 KiB ones"),
          new Explanation(
              "(first write|rewrite), 4 KiB scattered",
              "default qcow2",
              "The index of a delta is extended_l2: entries twice as long, so its tables fill the"
                  + " cache of QEMU's driver at half the disk.",
              "a larger l2-cache-size for the active delta, at the price of RAM in each pod"),
          new Explanation(
              "(read, 4 KiB scattered|the same, not from the cache).*",
              ".*",
              "Through the page cache QEMU's way of a request is the bound: a flat file without any"
                  + " format is hardly faster (see the line raw of `./vmsnap bench disk`).",
              "nothing in a format; io_uring in the guest's disk would raise all of them"),
          new Explanation(
              "export .*",
              "qemu-img convert.*",
              "Both end with the file on the volume, and most of that is the volume's. An export"
                  + " opens the chain layer by layer and checks what it reads.",
              "a faster volume shows the engine's own share; on this one both wait for it"),
          new Explanation(
              "snapshot with memory, .*: total",
              ".*",
              "The time of vmsnap ends when RAM and checksums are on the volume (fsync) and read"
                  + " back; virsh ends when the bytes are in the page cache, without a checksum.",
              "leaving out checks and fsync, which would be a snapshot that a power cut can lose"),
          new Explanation(
              "snapshot with memory, background.*",
              ".*",
              "Each first write of the guest to a page waits until that page is saved.",
              "pre-copy, which is what vmsnap takes by itself unless the guest is too busy for it"),
          new Explanation(
              "merge .*",
              ".*",
              "A merge is journaled: whatever dies, it goes on. For small deltas these syncs of the"
                  + " volume are most of its time.",
              "a volume with a faster sync; the data itself is moved by copy_file_range"),
          new Explanation(
              "revert .*",
              ".*",
              "A revert starts a new QEMU beside the old one and checks the saved memory first.",
              "a QEMU that is kept ready, at the price of its RAM"),
          new Explanation(
              ".*chain of.*",
              "qcow2 chain",
              "Both walk the same number of layers in QEMU; a delta's tables are twice as long for"
                  + " their subclusters.",
              "fewer snapshots in a row, or a larger l2-cache-size"),
          new Explanation(
              "start .*",
              ".*",
              "The cache was made by another Java or for other jar files, so Java ignored it.",
              "a build on this machine: ./mvnw -DskipTests package, or bin/vmsnap-train"));

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

  /** One line of the page for each figure below 1; empty if there is none. */
  static List<String> of(List<Figure> figures) {
    return figures.stream()
        .filter(f -> f.ratio().isPresent() && f.ratio().getAsDouble() < 1)
        .map(Explanations::line)
        .toList();
  }

  private static String line(Figure figure) {
    String head =
        "**%s, %s, beside %s: %s.** "
            .formatted(
                figure.path(), figure.size(), figure.peerName(), Amount.ratio(figure.ratio()));
    String spread =
        figure.isWithinTheSpread()
            ? "The runs of both lie among each other: no difference can be told. "
            : "";
    return head
        + spread
        + KNOWN.stream()
            .filter(e -> e.isAbout(figure))
            .findFirst()
            .map(e -> e.why() + " What would change it: " + e.change() + ".")
            .orElse("No reason is known.");
  }
}
