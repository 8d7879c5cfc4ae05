package io.vmsnap.runner;

/** Where a runner is between the start of its process and the end. */
enum RunPhase {
  STARTING("Starting", false),
  RUNNING("Running", true),
  PAUSED("Paused", true),
  IO_ERROR("IoError", true),
  SHUTTING_DOWN("ShuttingDown", true),
  STOPPED("Stopped", false);

  private final String token;
  private final boolean machineIsOn;

  RunPhase(String token, boolean machineIsOn) {
    this.token = token;
    this.machineIsOn = machineIsOn;
  }

  /** As it appears in {@code runState}. */
  String token() {
    return token;
  }

  boolean machineIsOn() {
    return machineIsOn;
  }
}
