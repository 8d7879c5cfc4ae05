package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemoryProgress;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.SavedMemory;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/**
 * Saves the memory of a running machine and switches its disks, both of the same instant. When it
 * returns, the {@code .vmsn} is complete, checked and durable.
 *
 * @param state the content of the {@code .vmsn} but for the memory
 */
record MemoryCapture(OperationContext context, CreatePlan plan, VmsnFile state) {
  /**
   * For a guest that changes its RAM faster than it is written; then it is stopped for the rest.
   */
  private static final Duration CONVERGENCE = Duration.ofSeconds(30);

  private static final int FROM_PERCENT = 10;
  private static final int TO_PERCENT = 80;
  private static final int CHECKED_PERCENT = 90;

  SavedMemory run(RunningVm vm, MemoryMethod method) throws IOException {
    String file = plan.memory().file();
    SavedMemory saved =
        vm.saveMemory(
            new MemorySave(
                context.storage().path(file),
                plan.memory().offset(),
                method,
                CONVERGENCE,
                () -> flush(context.storage(), file),
                context.stop().left()),
            new SwitchDisks(context.storage(), plan.deltas()).prepare(vm),
            reporting(context.progress()));
    check(file, saved);
    return saved;
  }

  private static void flush(VmStorage storage, String file) throws IOException {
    try (StorageFile memory = storage.open(file, OpenMode.READ_WRITE)) {
      memory.sync();
    }
  }

  private void check(String file, SavedMemory saved) throws IOException {
    context.progress().report("check the memory", TO_PERCENT);
    context.lock().check();
    MemoryFile.complete(
        context.storage(), file, state, name(saved.method()), saved.qemuVersion(), bytes -> {});
    context.progress().report("check the memory", CHECKED_PERCENT);
  }

  /** Tells how much of the memory is saved, and how fast. */
  static MemoryProgress reporting(Progress progress) {
    return (done, total, bytesPerSecond) -> {
      int span = TO_PERCENT - FROM_PERCENT;
      int percent = total <= 0 ? 0 : (int) (span * (done / (double) total));
      progress.report(
          String.format(
              Locale.ROOT,
              "save memory: %d of %d MiB, %d MiB/s",
              done >> 20,
              total >> 20,
              bytesPerSecond >> 20),
          FROM_PERCENT + Math.clamp(percent, 0, span));
    };
  }

  private static String name(MemoryMethod method) {
    return switch (method) {
      case BACKGROUND_SNAPSHOT -> MemoryFile.BACKGROUND_SNAPSHOT;
      case PRE_COPY -> MemoryFile.PRE_COPY;
    };
  }

  /**
   * @throws RefusedException if the task names a method that does not exist
   */
  static MemoryMethod method(CreateSnapshotTask task) throws RefusedException {
    return switch (task.memoryMethod()) {
      case null -> null;
      case MemoryFile.BACKGROUND_SNAPSHOT -> MemoryMethod.BACKGROUND_SNAPSHOT;
      case MemoryFile.PRE_COPY -> MemoryMethod.PRE_COPY;
      default ->
          throw new RefusedException(
              TaskReason.InvalidRequest,
              "memoryMethod is \""
                  + task.memoryMethod()
                  + "\"; BackgroundSnapshot or PreCopy is expected");
    };
  }
}
