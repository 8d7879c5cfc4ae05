package io.vmsnap.runner.control;

/**
 * The runner's answer, one line.
 *
 * @param ok whether it was done
 * @param unknown whether nobody can tell what was done; only if not ok
 * @param reason CamelCase token; null if ok
 * @param message prose; null if ok
 * @param fileSystems how many are frozen; only after a freeze
 * @param stillFrozen whether the guest was frozen until its thaw; only after a thaw
 */
public record ControlReply(
    boolean ok,
    boolean unknown,
    String reason,
    String message,
    Integer fileSystems,
    Boolean stillFrozen) {
  public static ControlReply done() {
    return new ControlReply(true, false, null, null, null, null);
  }

  public static ControlReply frozen(int fileSystems) {
    return new ControlReply(true, false, null, null, fileSystems, null);
  }

  public static ControlReply thawed(boolean stillFrozen) {
    return new ControlReply(true, false, null, null, null, stillFrozen);
  }

  public static ControlReply failed(String reason, String message) {
    return new ControlReply(false, false, reason, message, null, null);
  }

  public static ControlReply unknown(String reason, String message) {
    return new ControlReply(false, true, reason, message, null, null);
  }
}
