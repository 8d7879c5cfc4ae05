package io.vmsnap.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProgressFileTest {
  private static final Instant BEGIN = Instant.parse("2026-01-02T03:04:05Z");

  @Test
  void lastReportIsThereUntilTheEnd() throws Exception {
    MemoryStorage storage = new MemoryStorage();
    storage.createFolder(".vmsnap");
    try (ProgressFile progress = new ProgressFile(storage, "r-1", "create", BEGIN)) {
      progress.report("check", 0);
      progress.report("switch disks", 45);

      String json = new String(storage.content(ProgressFile.FILE), StandardCharsets.UTF_8);
      assertThat(TaskJson.read(json, RunnerStatus.Operation.class))
          .isEqualTo(new RunnerStatus.Operation("r-1", "create", "switch disks", 45, BEGIN));
    }
    assertThat(storage.exists(ProgressFile.FILE)).isFalse();
  }

  @Test
  void storageThatFailsDoesNotStopTheOperation() throws Exception {
    MemoryStorage storage = new MemoryStorage();
    storage.createFolder(".vmsnap");
    FaultyStorage dead = new FaultyStorage(storage, Fault.DEATH).failAt(1);
    try (ProgressFile progress = new ProgressFile(dead, "r-1", "create", BEGIN)) {
      progress.report("check", 0);
    }
    assertThat(dead.struck()).isTrue();
    assertThat(storage.exists(ProgressFile.FILE)).isFalse();
  }
}
