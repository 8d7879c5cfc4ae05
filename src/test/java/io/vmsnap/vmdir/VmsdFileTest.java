package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmsdFileTest {
  private static final Instant TIME = Instant.parse("2025-12-31T23:59:58.123456Z");

  @Test
  void beforeTheFirstSnapshotTheFileHasZeroBytes() throws Exception {
    assertThat(VmsdFile.empty("web.vmsd").toBytes()).isEmpty();

    VmsdFile read = VmsdFile.parse("web.vmsd", new byte[0]);

    assertThat(read.snapshots()).isEmpty();
    assertThat(read.lastUid()).isZero();
    assertThat(read.currentUid()).isEmpty();
    assertThat(read.toBytes()).isEmpty();
  }

  @Test
  void firstSnapshotIsWrittenAsVmwareWritesIt() throws Exception {
    Instant time = Instant.ofEpochSecond(0, 0).plus(micros(411231, -1463306368));
    SnapshotEntry snapshot =
        new SnapshotEntry(
            1,
            null,
            "web-Snapshot1.vmsn",
            "before upgrade",
            "",
            time,
            false,
            List.of(new SnapshotDisk("scsi0:0", "web.vmdk")),
            Map.of("requestId", "r-1", "powerState", "PoweredOff"));

    byte[] bytes = VmsdFile.empty("web.vmsd").withSnapshot(snapshot).toBytes();

    assertThat(new String(bytes, StandardCharsets.UTF_8))
        .isEqualTo(new String(fixture("first-snapshot.vmsd"), StandardCharsets.UTF_8));
    assertThat(VmsdFile.parse("web.vmsd", bytes).snapshots()).containsExactly(snapshot);
  }

  @Test
  void childrenOfARemovedSnapshotHangUnderItsParent() throws Exception {
    VmsdFile vmsd = VmsdFile.empty("web.vmsd");
    for (long uid = 1; uid <= 4; uid++) {
      vmsd = vmsd.withSnapshot(entry(uid, uid == 1 ? null : uid - 1));
    }
    vmsd = vmsd.withSnapshot(entry(5, 2L)).withCurrent(3);

    VmsdFile left = vmsd.withoutSnapshots(Set.of(2L, 3L));

    assertThat(left.snapshots()).extracting(SnapshotEntry::uid).containsExactly(1L, 4L, 5L);
    assertThat(left.snapshots()).extracting(SnapshotEntry::parentUid).containsExactly(null, 1L, 1L);
    assertThat(left.currentUid()).contains(1L);
    assertThat(left.lastUid()).isEqualTo(5);
    assertThat(new String(left.toBytes(), StandardCharsets.UTF_8))
        .as("numbered without gaps")
        .contains("snapshot0.uid = \"1\"", "snapshot1.uid = \"4\"", "snapshot2.uid = \"5\"")
        .doesNotContain("snapshot3.", "snapshot4.")
        .endsWith("snapshot.numSnapshots = \"3\"\n");
    assertThat(VmsdFile.parse("web.vmsd", left.toBytes()).snapshots())
        .containsExactlyElementsOf(left.snapshots());
  }

  @Test
  void withoutAnySnapshotTheFileKeepsItsHead() throws Exception {
    VmsdFile vmsd =
        VmsdFile.empty("web.vmsd").withSnapshot(entry(1, null)).withSnapshot(entry(2, 1L));

    VmsdFile none = vmsd.withoutSnapshots(Set.of(1L, 2L));

    assertThat(new String(none.toBytes(), StandardCharsets.UTF_8))
        .isEqualTo(
            ".encoding = \"UTF-8\"\nsnapshot.lastUID = \"2\"\nsnapshot.numSnapshots = \"0\"\n");
    assertThat(none.currentUid()).isEmpty();
    assertThat(none.withSnapshot(entry(3, null)).snapshots()).hasSize(1);
    assertThatThrownBy(() -> none.withSnapshot(entry(2, null)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Also shows that nothing there takes more than linear time: it would be minutes. */
  @Test
  void longestHistoryIsReadChangedAndFull() throws Exception {
    int most = VmsdFile.MAX_SNAPSHOTS;
    StringBuilder text = new StringBuilder("snapshot.lastUID = \"" + most + "\"\n");
    String one =
        new String(
            VmsdFile.empty("web.vmsd").withSnapshot(entry(1, null)).toBytes(),
            StandardCharsets.UTF_8);
    List<String> lines = one.lines().filter(l -> l.startsWith("snapshot0.")).toList();
    for (int i = 0; i < most; i++) {
      for (String line : lines) {
        text.append("snapshot" + i + line.substring(9).replace("uid = \"1\"", "uid = \"" + (i + 1)))
            .append(line.contains("uid") ? "\"\n" : "\n");
      }
      text.append("snapshot" + i + ".vmsnap.requestId = \"" + "r".repeat(300) + "\"\n");
    }
    text.append("snapshot.numSnapshots = \"" + most + "\"\n");

    VmsdFile full = VmsdFile.parse("web.vmsd", text.toString().getBytes(StandardCharsets.UTF_8));

    assertThat(full.snapshots()).hasSize(most);
    assertThat(full.isFull()).isTrue();
    VmsdFile left = full.withoutSnapshots(Set.of(1L));
    assertThat(left.isFull()).isFalse();
    assertThat(left.snapshots().getFirst()).isEqualTo(full.snapshots().get(1));
    VmsdFile again = left.withSnapshot(entry(most + 1L, 2L));
    assertThat(again.isFull()).isTrue();
    assertThat(VmsdFile.parse("web.vmsd", again.toBytes()).snapshots())
        .containsExactlyElementsOf(again.snapshots());
  }

  @Test
  void treeOfThreeIsRead() throws Exception {
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", fixture("three-snapshots-two-disks.vmsd"));

    assertThat(vmsd.snapshots()).extracting(SnapshotEntry::uid).containsExactly(1L, 5L, 7L);
    assertThat(vmsd.lastUid()).isEqualTo(7);
    assertThat(vmsd.currentUid()).contains(5L);
    SnapshotEntry first = vmsd.snapshots().get(0);
    assertThat(first.description()).isEqualTo("first line\nsecond \"line\"");
    assertThat(first.createTime()).isEqualTo(Instant.parse("2015-10-09T07:51:47.654610Z"));
    assertThat(first.disks())
        .containsExactly(
            new SnapshotDisk("scsi0:0", "web.vmdk"), new SnapshotDisk("scsi0:1", "web_1.vmdk"));
    assertThat(vmsd.snapshots().get(1).memory()).isTrue();
    assertThat(vmsd.snapshots().get(1).displayName()).isEqualTo("Größe");
    assertThat(vmsd.tree().children(1)).extracting(SnapshotEntry::uid).containsExactly(5L, 7L);
  }

  @Test
  void unchangedFileIsWrittenByteForByte() throws Exception {
    byte[] bytes = fixture("three-snapshots-two-disks.vmsd");

    assertThat(VmsdFile.parse("web.vmsd", bytes).toBytes()).isEqualTo(bytes);
  }

  @Test
  void addingKeepsForeignKeysAndOldEntries() throws Exception {
    String before = new String(fixture("three-snapshots-two-disks.vmsd"), StandardCharsets.UTF_8);
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", before.getBytes(StandardCharsets.UTF_8));

    String after = new String(vmsd.withSnapshot(entry(8, 5L)).toBytes(), StandardCharsets.UTF_8);

    // The first free N is taken, and the count stays the last line.
    assertThat(after)
        .startsWith(
            before
                .substring(0, before.indexOf("snapshot.numSnapshots"))
                .replace("lastUID = \"7\"", "lastUID = \"8\"")
                .replace("current = \"5\"", "current = \"8\""))
        .contains("snapshot2.uid = \"8\"\n", "snapshot2.parent = \"5\"\n")
        .endsWith("snapshot.numSnapshots = \"4\"\n");
  }

  @Test
  void afterTheLastDeleteTheUidGoesOnRising() throws Exception {
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", fixture("after-last-delete.vmsd"));

    assertThat(vmsd.snapshots()).isEmpty();
    assertThat(vmsd.lastUid()).isEqualTo(4);
    assertThatThrownBy(() -> vmsd.withSnapshot(entry(4, null)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(new String(vmsd.withSnapshot(entry(5, null)).toBytes(), StandardCharsets.UTF_8))
        .startsWith(
            """
            .encoding = "windows-1252"
            snapshot.lastUID = "5"
            snapshot.current = "5"
            snapshot0.uid = "5"
            """);
  }

  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z,        0,      0",
    "2015-10-09T07:51:47.654610Z, 336295, 1080846290",
    "1970-01-01T01:11:34.967295Z, 0,      -1",
    "1969-12-31T23:59:59.999999Z, -1,     -1",
  })
  void createTimeIsSplitIntoTwoSignedHalves(Instant time, int high, int low) throws Exception {
    SnapshotEntry snapshot =
        new SnapshotEntry(1, null, "s.vmsn", "n", "", time, false, List.of(), Map.of());

    byte[] bytes = VmsdFile.empty("web.vmsd").withSnapshot(snapshot).toBytes();

    assertThat(new String(bytes, StandardCharsets.UTF_8))
        .contains("snapshot0.createTimeHigh = \"" + high + "\"\n")
        .contains("snapshot0.createTimeLow = \"" + low + "\"\n");
    assertThat(VmsdFile.parse("web.vmsd", bytes).snapshots().getFirst().createTime())
        .isEqualTo(time);
  }

  @Test
  void lowHalfWrittenUnsignedIsReadToo() {
    assertThat(VmsdEntryText.createTime(0, (int) 4294967295L))
        .isEqualTo(Instant.parse("1970-01-01T01:11:34.967295Z"));
  }

  @Test
  void entriesBeyondTheCountAreIgnoredAndReplaced() throws Exception {
    String text = minimal(1, "") + "snapshot1.uid = \"9\"\nsnapshot1.left = \"over\"\n";
    VmsdFile vmsd = VmsdFile.parse("web.vmsd", text.getBytes(StandardCharsets.UTF_8));

    assertThat(vmsd.snapshots()).hasSize(1);
    assertThat(new String(vmsd.withSnapshot(entry(10, 1L)).toBytes(), StandardCharsets.UTF_8))
        .contains("snapshot1.uid = \"10\"")
        .doesNotContain("over");
  }

  @Test
  void thousandSnapshotsGoThroughWritingAndReading() throws Exception {
    VmsdFile vmsd = VmsdFile.empty("web.vmsd");
    for (int uid = 1; uid <= 1000; uid++) {
      vmsd = vmsd.withSnapshot(entry(uid, uid == 1 ? null : uid - 1L));
    }

    VmsdFile read = VmsdFile.parse("web.vmsd", vmsd.toBytes());

    assertThat(read.snapshots()).isEqualTo(vmsd.snapshots());
    assertThat(read.tree().depth()).isEqualTo(1000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "snapshot.lastUID = \"0\"", // below a uid in use
        "snapshot.lastUID = \"many\"",
        "snapshot.numSnapshots = \"2\"",
        "snapshot.numSnapshots = \"-1\"",
        "snapshot.current = \"77\"",
        "snapshot0.uid = \"0\"",
        "snapshot0.uid = \"9999999999999999999999\"",
        "snapshot0.parent = \"77\"",
        "snapshot0.parent = \"1\"", // its own parent
        "snapshot0.filename = \"\"",
        "snapshot0.numDisks = \"2000000000\"",
        "snapshot0.numDisks = \"1\"",
        "snapshot0.createTimeHigh = \"x\"",
      })
  void contradictionsAreRefusedNamingFileAndKey(String line) {
    String key = line.substring(0, line.indexOf(' '));
    String text =
        minimal(1, "").lines().filter(l -> !l.startsWith(key)).reduce("", (a, b) -> a + b + "\n");

    assertThatThrownBy(
            () -> VmsdFile.parse("web.vmsd", (text + line + "\n").getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageStartingWith("web.vmsd: ");
  }

  private static String minimal(int count, String more) {
    return """
        snapshot.lastUID = "9"
        snapshot.current = "1"
        snapshot0.uid = "1"
        snapshot0.filename = "web-Snapshot1.vmsn"
        snapshot0.numDisks = "0"
        snapshot.numSnapshots = "%d"
        """
            .formatted(count)
        + more;
  }

  private static SnapshotEntry entry(long uid, Long parent) {
    return new SnapshotEntry(
        uid,
        parent,
        "web-Snapshot" + uid + ".vmsn",
        "snap " + uid,
        "",
        TIME,
        false,
        List.of(new SnapshotDisk("scsi0:0", "web.vmdk")),
        Map.of());
  }

  private static Duration micros(int high, int low) {
    return Duration.of(((long) high << 32) | (low & 0xffffffffL), ChronoUnit.MICROS);
  }

  private static byte[] fixture(String name) throws IOException {
    try (InputStream in = VmsdFileTest.class.getResourceAsStream("/VmsdFileTest/" + name)) {
      return in.readAllBytes();
    }
  }
}
