package io.vmsnap.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A directory that somebody prepared to make us read or write elsewhere, wait for ever, or eat all
 * memory: nothing outside it is changed or taken for a file of the machine.
 */
class HostileDirectoryTest {
  /** Far beyond what any of it takes; a FIFO that is opened would take for ever. */
  private static final Duration BOUNDED = Duration.ofMinutes(1);

  private static final List<String> FILES =
      List.of(
          "web.vmx",
          "web.vmsd",
          "web.vmdk",
          "web-flat.vmdk",
          "web-000001.vmdk",
          "web-000001-delta.vmdk",
          ".vmsnap/web-000001.idx",
          "web-Snapshot1.vmsn",
          Journal.FILE,
          OperationLock.FILE,
          OperationLock.TOKEN_FILE,
          DirectoryFormat.FILE);

  @TempDir Path folder;
  private Path directory;
  private Path outside;
  private VmStorage storage;

  @BeforeEach
  void machineWithASnapshot() throws Exception {
    directory = Files.createDirectory(folder.resolve("web"));
    outside = Files.createDirectory(folder.resolve("outside"));
    storage = new LocalStorage(directory);
    TestMachine.prepare(storage, 1);
    TestMachine.guestWrites(storage, 1);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    TestMachine.guestWrites(storage, 2);
  }

  @AfterEach
  void close() throws IOException {
    storage.close();
  }

  private enum Trap {
    /** The file as it was, but elsewhere: whoever follows the link gets on well. */
    LINK,
    FIFO,
    FOLDER
  }

  static Stream<Arguments> traps() {
    return FILES.stream()
        .flatMap(file -> Stream.of(Trap.values()).map(trap -> Arguments.of(file, trap)));
  }

  @ParameterizedTest
  @MethodSource("traps")
  void nothingLeadsOutOfTheDirectory(String name, Trap trap) throws Exception {
    Path file = directory.resolve(name);
    Path target = outside.resolve("target");
    if (Files.exists(file)) {
      Files.move(file, target);
    } else {
      Files.writeString(target, "{}");
    }
    switch (trap) {
      case LINK -> Files.createSymbolicLink(file, target);
      case FIFO ->
          assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
      case FOLDER -> Files.createDirectory(file);
    }
    Map<String, String> before = state(outside);

    boolean refused = false;
    for (Operation operation : OPERATIONS) {
      refused |= !assertTimeoutPreemptively(BOUNDED, () -> succeeds(operation));
    }

    assertThat(refused).as("somebody refuses the file").isTrue();
    assertThat(state(outside)).isEqualTo(before);
  }

  @Test
  void folderOfOursThatIsALinkIsRefused() throws Exception {
    Files.move(directory.resolve(".vmsnap"), outside.resolve("ours"));
    Files.createSymbolicLink(directory.resolve(".vmsnap"), outside.resolve("ours"));
    Map<String, String> before = state(outside.resolve("ours"));

    for (Operation operation : OPERATIONS) {
      assertThat(succeeds(operation)).isFalse();
    }

    assertThat(state(outside.resolve("ours"))).isEqualTo(before);
  }

  /** What a descriptor or a configuration names. */
  @ParameterizedTest
  @ValueSource(strings = {"../outside/target", "OUTSIDE/target", "a/../../outside/target"})
  void namesInTextsStayInside(String evil) throws Exception {
    String name = evil.replace("OUTSIDE", outside.toString());
    Files.write(outside.resolve("target"), new byte[(int) TestMachine.CAPACITY]);
    Map<String, String> before = state(outside);
    for (String file : List.of("web.vmdk", "web-000001.vmdk", "web.vmx", "web.vmsd")) {
      Path path = directory.resolve(file);
      byte[] good = Files.readAllBytes(path);
      String text = new String(good, StandardCharsets.UTF_8);
      Files.writeString(
          path, text.replaceAll("\"web(-000001)?(-flat|-delta)?\\.vmdk\"", "\"" + name + "\""));
      assertThat(Files.readAllBytes(path)).as(file).isNotEqualTo(good);

      assertThat(Stream.of(OPERATIONS).allMatch(this::succeeds)).as(file).isFalse();

      assertThat(state(outside)).as(file).isEqualTo(before);
      Files.write(path, good);
    }
  }

  /** Sparse: they cost nothing to make, and everything to whoever reads them as a whole. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "web.vmx",
        "web.vmsd",
        "web.vmdk",
        "web-000001.vmdk",
        ".vmsnap/journal.json",
        ".vmsnap/fence",
        ".vmsnap/format.json",
        ".vmsnap/reverts.json"
      })
  void hugeFilesAreNotRead(String name) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(directory.resolve(name).toFile(), "rw")) {
      file.setLength(1L << 36);
    }

    assertThatThrownBy(
            () -> {
              TestMachine.revert(storage, VmConnector.POWERED_OFF, "v-1", 1);
            })
        .isInstanceOf(IOException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":", "{\"version\":[", "{\"version\":1,\"entry\":{\"plan\":["})
  void deepJsonIsRefused(String piece) throws Exception {
    String bomb = piece.repeat((1 << 20) / piece.length());
    for (String file : List.of(Journal.FILE, DirectoryFormat.FILE, ".vmsnap/reverts.json")) {
      Path path = directory.resolve(file);
      byte[] good = Files.exists(path) ? Files.readAllBytes(path) : null;
      Files.writeString(path, bomb);

      assertThatThrownBy(() -> readJson(file)).as(file).isInstanceOf(IOException.class);

      if (good == null) {
        Files.delete(path);
      } else {
        Files.write(path, good);
      }
    }
  }

  private void readJson(String file) throws IOException {
    switch (file) {
      case Journal.FILE -> new Journal(storage).read();
      case DirectoryFormat.FILE -> DirectoryFormat.check(storage);
      default -> RevertLedger.read(storage);
    }
  }

  /** A number with a million digits takes minutes to be read as one. */
  @Test
  void hugeNumbersAreRefused() throws Exception {
    for (String number : List.of("9".repeat(60_000), "1e999999999", "-1", "1.5")) {
      Files.writeString(directory.resolve(DirectoryFormat.FILE), "{\"version\":" + number + "}");
      assertTimeoutPreemptively(
          BOUNDED,
          () ->
              assertThatThrownBy(() -> VmDirectory.open(storage)).isInstanceOf(IOException.class));
    }
  }

  @FunctionalInterface
  private interface Operation {
    void run(VmStorage storage) throws Exception;
  }

  private static final Operation[] OPERATIONS = {
    storage -> DiskLayers.of(VmDirectory.open(storage)), // what QEMU is told to open
    storage -> assertThat(DirectoryChecker.check(storage, false)).isEmpty(),
    storage -> TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-2"),
    storage -> TestMachine.revert(storage, VmConnector.POWERED_OFF, "v-1", 1),
    storage ->
        TestMachine.deletion(storage, VmConnector.POWERED_OFF).run(null, TestMachine.deleteTask(1)),
    storage -> DirectoryRepair.run(storage, VmConnector.POWERED_OFF),
  };

  private boolean succeeds(Operation operation) {
    try {
      operation.run(storage);
      return true;
    } catch (Exception | AssertionError e) {
      return false;
    }
  }

  /** Names, sizes, modes and content of what lies there. */
  private static Map<String, String> state(Path folder) throws IOException {
    Map<String, String> state = new HashMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        state.put(
            file.getFileName().toString(),
            Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS)
                + " "
                + java.util.Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return state;
  }
}
