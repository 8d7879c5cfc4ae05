package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.TooNewException;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Directories that earlier versions wrote are kept as fixtures, one of each format, and opened by
 * this one. Each is a zip with a text beside it: the SHA-256 of every state.
 */
class ReleasedFormatTest {
  private static final Path FIXTURES = Path.of("src/test/resources/ReleasedFormatTest");
  private static final String READ_ONLY = "0440";

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"format-1"})
  void directoryOfAnEarlierVersionIsReadAndWorkedOn(String name) throws Exception {
    unpack(FIXTURES.resolve(name + ".zip"));
    Map<String, String> states = new TreeMap<>();
    for (String line : Files.readAllLines(FIXTURES.resolve(name + ".sha256"))) {
      states.put(line.substring(66), line.substring(0, 64));
    }
    try (VmStorage storage = new LocalStorage(directory)) {
      assertThat(states(storage)).isEqualTo(states).hasSize(4);
      assertThat(DirectoryChecker.check(storage, false)).isEmpty();

      TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-new");
      TestMachine.revert(storage, VmConnector.POWERED_OFF, "v-new", 1);
      TestMachine.deletion(storage, VmConnector.POWERED_OFF).run(null, TestMachine.deleteTask(2));

      Map<String, String> after = states(storage);
      assertThat(after).containsEntry("snapshot 1", states.get("snapshot 1"));
      assertThat(after).containsEntry("snapshot 3", states.get("snapshot 3"));
      assertThat(after).containsEntry("snapshot 4", states.get("now"));
      assertThat(after).containsEntry("now", states.get("snapshot 1"));
    }
  }

  @Test
  void newerDirectoryIsRefusedByEveryOperationAndLeftAlone() throws Exception {
    unpack(FIXTURES.resolve("format-1.zip"));
    Files.writeString(directory.resolve(DirectoryFormat.FILE), "{\"version\":2}\n");
    try (VmStorage storage = new LocalStorage(directory)) {
      List<String> files = storage.list("");

      assertThatThrownBy(() -> TestMachine.prepare(storage, 1)).isInstanceOf(TooNewException.class);
      assertThatThrownBy(() -> TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r"))
          .isInstanceOf(TooNewException.class);
      assertThatThrownBy(() -> TestMachine.revert(storage, VmConnector.POWERED_OFF, "v", 1))
          .isInstanceOf(TooNewException.class);
      assertThatThrownBy(
              () ->
                  TestMachine.deletion(storage, VmConnector.POWERED_OFF)
                      .run(null, TestMachine.deleteTask(1)))
          .isInstanceOf(TooNewException.class)
          .hasMessageContaining(DirectoryFormat.FILE);
      assertThatThrownBy(() -> DirectoryRepair.run(storage, VmConnector.POWERED_OFF))
          .isInstanceOf(TooNewException.class);

      assertThat(storage.list("")).isEqualTo(files);
    }
  }

  private static Map<String, String> states(VmStorage storage) throws Exception {
    Map<String, String> states = new TreeMap<>();
    states.put("now", hash(content(storage)));
    for (SnapshotEntry entry : VmDirectory.open(storage).vmsd().snapshots()) {
      states.put("snapshot " + entry.uid(), hash(content(storage, entry.uid())));
    }
    return states;
  }

  private static String hash(List<ByteBuffer> disks) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    disks.forEach(disk -> digest.update(disk.duplicate()));
    return HexFormat.of().formatHex(digest.digest());
  }

  private void unpack(Path archive) throws IOException {
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        Path file = directory.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        try (InputStream in = zip.getInputStream(entry)) {
          Files.copy(in, file);
        }
        if (READ_ONLY.equals(entry.getComment())) {
          try (VmStorage storage = new LocalStorage(directory)) {
            storage.setReadOnly(entry.getName(), true);
          }
        }
      }
    }
  }

  /** Of the version that is current when it is run; a released fixture is never made again. */
  @Test
  @EnabledIfSystemProperty(named = "vmsnap.fixture.write", matches = ".+")
  void write() throws Exception {
    String name = System.getProperty("vmsnap.fixture.write");
    try (VmStorage storage = new LocalStorage(directory)) {
      TestMachine.prepare(storage, 1);
      for (int k = 1; k <= 2; k++) {
        TestMachine.guestWrites(storage, k);
        TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-" + k);
      }
      TestMachine.guestWrites(storage, 3);
      TestMachine.revert(storage, VmConnector.POWERED_OFF, "v-1", 1);
      TestMachine.guestWrites(storage, 4);
      TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-3");
      TestMachine.guestWrites(storage, 5);
      Sealing.sealAll(VmDirectory.open(storage));
      Files.createDirectories(FIXTURES);
      StringBuilder hashes = new StringBuilder();
      states(storage).forEach((state, hash) -> hashes.append(hash + "  " + state + "\n"));
      Files.writeString(FIXTURES.resolve(name + ".sha256"), hashes);
    }
    try (OutputStream out = Files.newOutputStream(FIXTURES.resolve(name + ".zip"));
        ZipOutputStream zip = new ZipOutputStream(out);
        Stream<Path> files = Files.walk(directory)) {
      zip.setLevel(9);
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        ZipEntry entry = new ZipEntry(directory.relativize(file).toString());
        if (!Files.getPosixFilePermissions(file)
            .contains(java.nio.file.attribute.PosixFilePermission.OWNER_WRITE)) {
          entry.setComment(READ_ONLY);
        }
        zip.putNextEntry(entry);
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
  }
}
