package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One command of QEMU's monitor with the type of its answer.
 *
 * @param <R> what a successful answer says
 */
public interface QmpCommand<R> {
  /** QMP's name of it, such as {@code query-status}. */
  String name();

  /** The arguments as an object; null for none. */
  default JsonNode arguments() {
    return null;
  }

  /**
   * Reads the {@code return} member.
   *
   * @throws QmpProtocolException if QEMU's answer lacks what its schema promises
   */
  R parse(JsonNode answer) throws QmpProtocolException;

  /**
   * Whether repeating it is harmless because it changes nothing; the outcome of such a command is
   * never called unknown.
   */
  default boolean isQuery() {
    return name().startsWith("query-") || name().startsWith("x-debug-query-");
  }

  /** A command whose successful answer says nothing more. */
  interface WithoutAnswer extends QmpCommand<Void> {
    @Override
    default Void parse(JsonNode answer) {
      return null;
    }
  }
}
