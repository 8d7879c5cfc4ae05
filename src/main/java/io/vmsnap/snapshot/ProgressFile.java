package io.vmsnap.snapshot;

import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The progress of the operation under way, {@value #FILE}, which the runner shows. Readers never
 * see half of it, but it is not made durable: after a crash the journal counts, not this file.
 */
public final class ProgressFile implements Progress, AutoCloseable {
  public static final String FILE = ".vmsnap/operation.json";

  private final VmStorage storage;
  private final String requestId;
  private final String kind;
  private final Instant startTime;

  public ProgressFile(VmStorage storage, String requestId, String kind, Instant startTime) {
    this.storage = storage;
    this.requestId = requestId;
    this.kind = kind;
    this.startTime = startTime;
  }

  @Override
  public void report(String step, int percent) {
    String json =
        TaskJson.write(new RunnerStatus.Operation(requestId, kind, step, percent, startTime));
    String temporary = FILE + WholeFile.TEMPORARY_SUFFIX;
    try {
      storage.delete(temporary);
      try (StorageFile file = storage.create(temporary)) {
        file.write(ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)), 0);
      }
      storage.rename(temporary, FILE);
    } catch (IOException e) {
      // An operation must not fail because nobody can be told how far it is.
    }
  }

  @Override
  public void close() {
    try {
      storage.delete(FILE);
    } catch (IOException e) {
      // A stale file is replaced by the next operation.
    }
  }
}
