package io.vmsnap.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalStorageTest {
  private static final int MIB = 1 << 20;

  @TempDir Path directory;
  private LocalStorage storage;

  @BeforeEach
  void open() throws IOException {
    storage = new LocalStorage(directory);
  }

  @Test
  void readsWhatItWrote() throws IOException {
    try (StorageFile file = storage.create("a")) {
      file.write(text("hello"), 3);
      file.sync();
      ByteBuffer buffer = ByteBuffer.allocate(8);
      file.readFully(buffer, 0);
      assertThat(buffer.array()).isEqualTo("\0\0\0hello".getBytes(StandardCharsets.UTF_8));
      assertThat(file.read(ByteBuffer.allocate(1), 8)).isEqualTo(-1);
      assertThatThrownBy(() -> file.readFully(ByteBuffer.allocate(4), 6))
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("a: ends at 8");
    }
    assertThat(storage.list("")).containsExactly("a");
    assertThatThrownBy(() -> storage.create("a")).isInstanceOf(FileAlreadyExistsException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/etc/passwd", "..", "../x", "a/../b", "./a", "a//b", "a/", "a\0b"})
  void refusesNamesThatCouldLeaveTheDirectory(String name) {
    assertThatThrownBy(() -> storage.open(name, OpenMode.READ))
        .isInstanceOf(UnsafeNameException.class);
    assertThatThrownBy(() -> storage.create(name)).isInstanceOf(UnsafeNameException.class);
    assertThatThrownBy(() -> storage.rename("x", name)).isInstanceOf(UnsafeNameException.class);
  }

  @Test
  void refusesSymbolicLinks(@TempDir Path outside) throws IOException {
    Files.writeString(outside.resolve("secret"), "x");
    Files.createSymbolicLink(directory.resolve("link"), outside.resolve("secret"));
    Files.createSymbolicLink(directory.resolve("folder"), outside);
    for (String name : new String[] {"link", "folder/secret"}) {
      assertThatThrownBy(() -> storage.open(name, OpenMode.READ))
          .isInstanceOf(UnsafeNameException.class)
          .hasMessageContaining("symbolic link");
      assertThatThrownBy(() -> storage.delete(name)).isInstanceOf(UnsafeNameException.class);
    }
    assertThatThrownBy(() -> storage.create("folder/new")).isInstanceOf(UnsafeNameException.class);
    assertThat(outside.resolve("secret")).exists();
  }

  @Test
  void opensRegularFilesOnly() throws IOException {
    storage.createFolder("folder");
    assertThatThrownBy(() -> storage.open("folder", OpenMode.READ))
        .hasMessageContaining("not a regular file");
    assertThatThrownBy(() -> storage.delete("folder")).hasMessageContaining("not a regular file");
  }

  @Test
  void extendsWithAHoleAndNeverShortens() throws IOException {
    try (StorageFile file = storage.create("a")) {
      file.extendTo(64L * MIB);
      assertThat(file.size()).isEqualTo(64L * MIB);
      file.extendTo(MIB);
      assertThat(file.size()).isEqualTo(64L * MIB);
    }
    assertThat(storage.allocatedBytes("a")).isLessThan(MIB);
  }

  @Test
  void tellsDataFromHolesAndPunches() throws IOException {
    try (StorageFile file = storage.create("a")) {
      file.extendTo(16L * MIB);
      file.write(ByteBuffer.wrap(filled(MIB)), 4L * MIB);
      file.sync();
      assertThat(file.dataRanges(0, 8L * MIB)).containsExactly(new ByteRange(4L * MIB, MIB));
      assertThat(file.dataRanges(4L * MIB + 8192, 4096))
          .containsExactly(new ByteRange(4L * MIB + 8192, 4096));
      file.punchHole(4L * MIB, MIB / 2);
      assertThat(file.dataRanges(0, 8L * MIB))
          .containsExactly(new ByteRange(4L * MIB + MIB / 2, MIB / 2));
      ByteBuffer buffer = ByteBuffer.allocate(MIB);
      file.readFully(buffer, 4L * MIB);
      assertThat(buffer.get(MIB / 2 - 1)).isZero();
      assertThat(buffer.get(MIB / 2)).isEqualTo((byte) 7);
      assertThat(file.size()).isEqualTo(16L * MIB);
      file.punchHole(15L * MIB, 64L * MIB);
      assertThat(file.size()).isEqualTo(16L * MIB);
    }
    assertThat(storage.allocatedBytes("a")).isBetween(MIB / 2L, (long) MIB);
  }

  @Test
  void copiesToAnotherPlace() throws IOException {
    try (StorageFile from = storage.create("a");
        StorageFile to = storage.create("b")) {
      from.write(ByteBuffer.wrap(filled(3 * MIB)), 0);
      from.copyTo(to, MIB, 5L * MIB, 2L * MIB);
      assertThat(to.size()).isEqualTo(7L * MIB);
      ByteBuffer buffer = ByteBuffer.allocate(2 * MIB);
      to.readFully(buffer, 5L * MIB);
      assertThat(buffer.array()).containsOnly(7);
      assertThatThrownBy(() -> from.copyTo(to, 2L * MIB, 0, 2L * MIB))
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void worksOnAfterARename() throws IOException {
    try (StorageFile file = storage.create("a.tmp")) {
      file.write(text("x"), 0);
      storage.rename("a.tmp", "a");
      file.write(text("y"), 1);
      file.sync();
    }
    storage.syncDirectory("");
    assertThat(directory.resolve("a")).hasContent("xy");
    assertThat(storage.exists("a.tmp")).isFalse();
  }

  @Test
  void aReplacedFileIsNotExtendedByMistake() throws IOException {
    try (StorageFile file = storage.create("a")) {
      storage.rename("a", "b");
      storage.create("a").close();
      assertThatThrownBy(() -> file.extendTo(MIB)).hasMessageContaining("replaced");
    }
    assertThat(storage.size("a")).isZero();
  }

  @Test
  void setsModes() throws IOException {
    storage.create("a").close();
    storage.createFolder("f");
    storage.createFolder("f");
    assertThat(mode("a")).isEqualTo("rw-r-----");
    storage.setReadOnly("a", true);
    assertThat(mode("a")).isEqualTo("r--r-----");
    storage.setReadOnly("a", false);
    assertThat(mode("a")).isEqualTo("rw-r-----");
    assertThat(mode("f")).isEqualTo("rwxr-x---");
  }

  @Test
  void deletingAMissingFileIsFine() throws IOException {
    storage.delete("missing");
    assertThat(storage.list("missing")).isEmpty();
    assertThatThrownBy(() -> storage.size("missing")).hasMessageContaining("missing");
  }

  @Test
  void earlyWritebackLeavesTheContentAlone() throws IOException {
    try (StorageFile file = storage.create("early")) {
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 4096);

      file.startWriteback(0, 8192);
      file.startWriteback(1 << 20, 4096); // nothing was written there

      ByteBuffer bytes = ByteBuffer.allocate(3);
      file.readFully(bytes, 4096);
      assertThat(bytes.array()).containsExactly(1, 2, 3);
      assertThat(file.size()).isEqualTo(4099);
    }
  }

  @Test
  void reportsSpace() throws IOException {
    VolumeSpace space = storage.space();
    assertThat(space.capacityBytes()).isPositive().isGreaterThanOrEqualTo(space.freeBytes());
  }

  private String mode(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name)));
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] filled(int length) {
    byte[] bytes = new byte[length];
    java.util.Arrays.fill(bytes, (byte) 7);
    return bytes;
  }
}
