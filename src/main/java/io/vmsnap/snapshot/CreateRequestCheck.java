package io.vmsnap.snapshot;

import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskReason;

/** What can be said about a request without looking at the directory. */
final class CreateRequestCheck {
  /** Both end up as one line each of {@code .vmsd}. */
  private static final int MAX_NAME = 1024;

  static final int MAX_DESCRIPTION = 64 << 10;

  private CreateRequestCheck() {}

  static void check(CreateSnapshotTask task) throws RefusedException {
    if (task.requestId() == null || task.requestId().isBlank()) {
      throw invalid("requestId is missing: it makes sure that a request is served once");
    }
    checkName(task.displayName());
    if (task.description() != null && task.description().length() > MAX_DESCRIPTION) {
      throw invalid("description has more than " + MAX_DESCRIPTION + " characters");
    }
    if (task.maxDepth() < 1) {
      throw invalid("maxDepth is " + task.maxDepth() + "; at least 1 is expected");
    }
    if (task.reservePercent() < 0 || task.reservePercent() > 100) {
      throw invalid("reservePercent is " + task.reservePercent() + "; 0 to 100 is expected");
    }
    if (task.maxSnapshots() < 0) {
      throw invalid(
          "maxSnapshots is " + task.maxSnapshots() + "; 0 (no limit) or more is expected");
    }
    checkConsistency(task);
  }

  static void checkName(String displayName) throws RefusedException {
    if (displayName == null || displayName.isBlank()) {
      throw invalid("displayName is missing");
    }
    if (displayName.length() > MAX_NAME) {
      throw invalid("displayName has more than " + MAX_NAME + " characters");
    }
  }

  private static void checkConsistency(CreateSnapshotTask task) throws RefusedException {
    String quiesce = task.quiesce() == null ? "None" : task.quiesce();
    if (task.memory() && quiesce.equals("Required")) {
      throw invalid(
          "quiesce is Required together with memory: memory needs no quiescing, and memory saved"
              + " while the guest is frozen would resume frozen");
    }
    switch (quiesce) {
      case "None", "BestEffort", "Required" -> {}
      default ->
          throw invalid(
              "quiesce is \"" + task.quiesce() + "\"; None, BestEffort or Required is expected");
    }
  }

  private static RefusedException invalid(String message) {
    return new RefusedException(TaskReason.InvalidRequest, message);
  }
}
