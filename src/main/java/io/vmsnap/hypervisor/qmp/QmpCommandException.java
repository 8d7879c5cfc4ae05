package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;

/** QEMU received the command, understood it and refused: nothing changed. */
public final class QmpCommandException extends HypervisorException {
  private static final long serialVersionUID = 1L;
  private final String command;
  private final String errorClass;
  private final String description;

  public QmpCommandException(String command, String errorClass, String description) {
    super("QEMU refused " + command + ": " + description, false, null);
    this.command = command;
    this.errorClass = errorClass;
    this.description = description;
  }

  public String command() {
    return command;
  }

  /** QMP's error class, such as {@code GenericError} or {@code CommandNotFound}. */
  public String errorClass() {
    return errorClass;
  }

  /** QEMU's own words, for people. */
  public String description() {
    return description;
  }
}
