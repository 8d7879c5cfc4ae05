package io.vmsnap.runner.control;

/**
 * The runner's answer, one line.
 *
 * @param ok whether it was done
 * @param unknown whether nobody can tell what was done; only if not ok
 * @param reason CamelCase token; null if ok
 * @param message prose; null if ok
 */
public record ControlReply(boolean ok, boolean unknown, String reason, String message) {
  public static ControlReply done() {
    return new ControlReply(true, false, null, null);
  }

  public static ControlReply failed(String reason, String message) {
    return new ControlReply(false, false, reason, message);
  }

  public static ControlReply unknown(String reason, String message) {
    return new ControlReply(false, true, reason, message);
  }
}
