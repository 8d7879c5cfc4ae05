package io.vmsnap.fuzz;

/** What the coverage-guided fuzzer calls; the first byte of its input chooses the format. */
public final class FormatFuzzer {
  private FormatFuzzer() {}

  /**
   * @throws AssertionError if the input makes a parser break its promise
   */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    Format[] formats = Format.values();
    byte[] content = new byte[input.length - 1];
    System.arraycopy(input, 1, content, 0, content.length);
    formats[(input[0] & 0xff) % formats.length].check(content);
  }
}
