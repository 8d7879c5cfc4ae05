package io.vmsnap.runner.control;

/**
 * A line that a job sends to the runner.
 *
 * @param command one of the constants here
 * @param configuration {@code prepare}: the {@code .vmx} to follow, relative to the VM directory
 * @param timeoutMillis after which the runner gives up; null for its own choice
 */
public record ControlRequest(String command, String configuration, Long timeoutMillis) {
  /** Makes a second machine ready beside the running one. */
  public static final String PREPARE = "prepare";

  /** Lets the machine that was made ready take the place of the running one. */
  public static final String PROMOTE = "promote";

  /** Ends what was made ready, by whomever. */
  public static final String DISCARD = "discard";

  /** Cuts the machine's power; the runner ends. */
  public static final String POWER_OFF = "powerOff";

  /** Freezes the guest's file systems; the timeout is the deadline after which it is thawed. */
  public static final String FREEZE = "freeze";

  /** Thaws what this connection froze. */
  public static final String THAW = "thaw";

  public static ControlRequest of(String command) {
    return new ControlRequest(command, null, null);
  }
}
