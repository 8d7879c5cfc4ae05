package io.vmsnap.api.v1alpha1;

import java.time.Duration;
import java.util.regex.Matcher;

/** Durations as the resources spell them: hours, minutes and seconds, such as {@code 1h30m}. */
public final class DurationText {
  public static final String PATTERN = "^([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?$";

  private static final java.util.regex.Pattern SYNTAX =
      java.util.regex.Pattern.compile("(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?");

  private DurationText() {}

  public static boolean isValid(String text) {
    return text != null && !text.isEmpty() && SYNTAX.matcher(text).matches();
  }

  /**
   * @throws IllegalArgumentException if the text is no duration
   */
  public static Duration parse(String text) {
    Matcher matcher = SYNTAX.matcher(text);
    if (text.isEmpty() || !matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no duration: write hours, minutes and seconds, such as 1h30m or 90s");
    }
    return Duration.ofHours(number(matcher.group(1)))
        .plusMinutes(number(matcher.group(2)))
        .plusSeconds(number(matcher.group(3)));
  }

  private static long number(String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
