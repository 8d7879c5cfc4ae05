package io.vmsnap.harness.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.guest.GuestRecords;
import io.vmsnap.harness.machine.DiskProof;
import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The claims of the demo, each checked with tools that are not ours; a false one throws. */
final class DemoProof {
  private static final String BASE = "web-flat.vmdk";
  private static final List<String> DELTAS = List.of("web-000001", "web-000002");
  private static final long STEP = 16L << 20;

  private final Path directory;
  private final DiskProof disks;
  private final DeltaLayout layout = new DeltaLayout(GuestImage.DATA_BYTES);

  /** In the order of the snapshots. */
  private final List<Integer> leastRecords = new ArrayList<>();

  private final List<VMSnapshotStatus> snapshots = new ArrayList<>();
  private final List<GuestRecords> states = new ArrayList<>();
  private String baseHash;
  private int recordsInTheEnd;

  DemoProof(Path directory) {
    this.directory = directory;
    this.disks = new DiskProof(directory);
  }

  /** The snapshot holds at least the records that were synced before it was asked for. */
  void expectAtLeast(VMSnapshotStatus snapshot, int records) {
    snapshots.add(snapshot);
    leastRecords.add(records);
  }

  /** The disk holds at least the records that the guest was last seen to have synced. */
  void expectInTheEnd(int records) {
    recordsInTheEnd = records;
  }

  /** As many as are on the disk. */
  int recordsInTheEnd() {
    return states.getLast().count();
  }

  String freezeBase() throws IOException {
    String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(base()));
    demand(mode.equals("r--r-----"), BASE + " has mode " + mode);
    List<DiskProof.Opened> opened = disks.whoHasOpen(BASE);
    demand(!opened.isEmpty(), "nobody has " + BASE + " open, but the machine runs");
    demand(
        opened.stream().noneMatch(DiskProof.Opened::writable),
        BASE + " is open for writing: " + opened);
    baseHash = disks.hash(BASE);
    return "mode 0440, QEMU has it open read-only, SHA-256 " + baseHash.substring(0, 12) + "…";
  }

  String baseIsUnchanged() throws IOException {
    String now = disks.hash(BASE);
    demand(now.equals(baseHash), BASE + " changed: " + baseHash + ", now " + now);
    return "SHA-256 " + now.substring(0, 12) + "… as before";
  }

  String deltasHaveSteps() throws IOException {
    List<String> sizes = new ArrayList<>();
    for (String delta : DELTAS) {
      long size = Files.size(extent(delta));
      demand(
          size % STEP == 0 || size == layout.maxFileSize(),
          "%s has %d bytes, no multiple of 16 MiB".formatted(extent(delta), size));
      demand(
          size <= layout.maxFileSize(),
          "%s has %d bytes, more than base and tables".formatted(extent(delta), size));
      sizes.add("%d MiB".formatted(size >> 20));
    }
    return String.join(" and ", sizes) + " of at most " + (layout.maxFileSize() >> 20) + " MiB";
  }

  String qemuImgReadsThem() throws IOException, InterruptedException {
    String parent = "web.vmdk";
    for (String delta : DELTAS) {
      JsonNode info = disks.info(delta + ".vmdk");
      demand(info.path("format").asText().equals("vmdk"), "qemu-img info: " + info);
      demand(info.path("virtual-size").asLong() == GuestImage.DATA_BYTES, "qemu-img info: " + info);
      JsonNode details = info.path("format-specific").path("data");
      demand(details.path("create-type").asText().equals("vmfsSparse"), "qemu-img info: " + info);
      demand(
          info.path("backing-filename").asText().endsWith(parent),
          delta + " has parent " + info.path("backing-filename"));
      parent = delta + ".vmdk";
    }
    return "vmfsSparse, web.vmdk <- web-000001.vmdk <- web-000002.vmdk";
  }

  String bothIndexesAgree() throws IOException, InterruptedException {
    for (int depth = 1; depth <= DELTAS.size(); depth++) {
      List<String> chain = DELTAS.subList(0, depth);
      Tool.Result result =
          disks.compare(
              chain.getLast() + ".vmdk", disks.throughIndex(chain, BASE, layout.dataOffset()));
      demand(result.succeeded(), chain.getLast() + ": " + result.output());
    }
    return "qemu-img compare of grain tables and live index: identical";
  }

  String recordsAreThere(Consumer<String> progress) throws IOException, InterruptedException {
    Path work = Files.createTempDirectory("vmsnap-demo-");
    try {
      List<String> files = List.of("web.vmdk", DELTAS.get(0) + ".vmdk", DELTAS.get(1) + ".vmdk");
      for (String file : files) {
        progress.accept("reading the state in " + file);
        states.add(disks.records(file, null, work));
      }
    } finally {
      Files.delete(work);
    }
    for (int i = 0; i < leastRecords.size(); i++) {
      demand(
          states.get(i).count() >= leastRecords.get(i),
          "snapshot %d holds %d records, but %d were synced before it"
              .formatted(i + 1, states.get(i).count(), leastRecords.get(i)));
      demand(
          states.get(i).isPrefixOf(states.get(i + 1)),
          "state %d is no earlier state of the next".formatted(i + 1));
      demand(
          states.get(i).count() < states.get(i + 1).count(),
          "nothing was written after snapshot " + (i + 1));
    }
    demand(
        states.getLast().count() >= recordsInTheEnd,
        "the disk holds %d records, the guest synced %d"
            .formatted(states.getLast().count(), recordsInTheEnd));
    return "%d in snapshot 1, %d in snapshot 2, %d now"
        .formatted(states.get(0).count(), states.get(1).count(), states.get(2).count());
  }

  /** The files with their length and the space that they take. */
  String listing() throws IOException, InterruptedException {
    return Tool.of("ls", "-lsh", "--time-style=+%H:%M:%S").in(directory).output();
  }

  List<ChainPicture.Link> picture() throws IOException, InterruptedException {
    List<ChainPicture.Link> links = new ArrayList<>();
    links.add(link("web.vmdk", BASE, "base disk, read-only", 0));
    links.add(link("web-000001.vmdk", "web-000001-delta.vmdk", "delta disk, read-only", 1));
    links.add(link("web-000002.vmdk", "web-000002-delta.vmdk", "delta disk, written to", 2));
    return links;
  }

  private ChainPicture.Link link(String descriptor, String extent, String kind, int position)
      throws IOException, InterruptedException {
    long taken =
        Long.parseLong(
                Tool.of("stat", "-c", "%b", directory.resolve(extent).toString()).output().strip())
            * 512;
    List<String> detail =
        List.of(
            kind,
            extent,
            "%d MiB long, takes %.1f MiB"
                .formatted(
                    Files.size(directory.resolve(extent)) >> 20, taken / (double) (1 << 20)));
    String records = states.get(position).count() + " records of the guest";
    return position < snapshots.size()
        ? new ChainPicture.Link(
            descriptor, detail, "snapshot uid " + snapshots.get(position).uid(), records)
        : new ChainPicture.Link(descriptor, detail, null, records);
  }

  private Path base() {
    return directory.resolve(BASE);
  }

  private Path extent(String delta) {
    return directory.resolve(delta + "-delta.vmdk");
  }

  private static void demand(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
