package io.vmsnap.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLockTest {
  @TempDir Path directory;

  /** Takes the lock in another process and says whether it got it. */
  public static void main(String[] args) throws IOException {
    try (var storage = new LocalStorage(Path.of(args[0]))) {
      System.out.println(storage.tryLock("lock").isPresent() ? "locked" : "busy");
      System.out.flush();
      System.in.read();
    }
  }

  @Test
  void excludesTheSameProcess() throws IOException {
    var storage = new LocalStorage(directory);
    StorageLock lock = storage.tryLock("lock").orElseThrow();
    assertThat(new LocalStorage(directory).tryLock("lock")).isEmpty();
    assertThat(lock.isValid()).isTrue();
    lock.close();
    assertThat(lock.isValid()).isFalse();
    storage.tryLock("lock").orElseThrow().close();
  }

  @Test
  void aRefusedAttemptDoesNotDropTheLock() throws Exception {
    var storage = new LocalStorage(directory);
    StorageLock lock = storage.tryLock("lock").orElseThrow();
    assertThat(storage.tryLock("lock")).isEmpty();
    assertThatThrownBy(() -> storage.open("lock", OpenMode.READ))
        .hasMessageContaining("lock that this process holds");
    assertThat(inOtherProcess()).isEqualTo("busy");
    lock.close();
    assertThat(inOtherProcess()).isEqualTo("locked");
  }

  @Test
  void isLostWhenTheFileIsReplaced() throws IOException {
    var storage = new LocalStorage(directory);
    try (StorageLock lock = storage.tryLock("lock").orElseThrow()) {
      storage.delete("lock");
      assertThat(lock.isValid()).isFalse();
      try (StorageLock second = storage.tryLock("lock").orElseThrow()) {
        assertThat(lock.isValid()).isFalse();
        assertThat(second.isValid()).isTrue();
      }
    }
  }

  private String inOtherProcess() throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    LocalLockTest.class.getName(),
                    directory.toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader reader = process.inputReader()) {
      return reader.readLine();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
