package io.vmsnap.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Where results are printed. */
final class StandardOutput {
  private StandardOutput() {}

  /** Trees have lines and names have any letter, whatever the locale of a container says. */
  static PrintWriter open() {
    return new PrintWriter(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
  }
}
