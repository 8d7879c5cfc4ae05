package io.vmsnap.operator.status;

/** Durations as people read them in a status: milliseconds, to the tenth. */
public final class Millis {
  private Millis() {}

  /** Null stays null. */
  public static Double rounded(Double millis) {
    return millis == null ? null : Math.round(millis * 10) / 10.0;
  }
}
