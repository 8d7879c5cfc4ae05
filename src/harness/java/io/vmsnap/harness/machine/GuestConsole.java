package io.vmsnap.harness.machine;

import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The demo guest's serial console, as it comes out of the pod's log. */
public final class GuestConsole {
  private static final Pattern RECORDS = Pattern.compile("vmsnap: records (\\d+)");
  private static final Pattern VERIFY = Pattern.compile("vmsnap: verify (ok|FAILED) ?([^\\r\\n]*)");
  private static final Pattern VERIFIED_RECORDS = Pattern.compile("records (\\d+)");

  private final Supplier<String> log;

  GuestConsole(Supplier<String> log) {
    this.log = log;
  }

  /** What the guest found when it checked its disk. */
  public record Verification(boolean ok, String detail) {
    public int records() {
      Matcher matcher = VERIFIED_RECORDS.matcher(detail);
      return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }
  }

  public String text() {
    return log.get();
  }

  /** Number of records that the guest has synced to its disk: at least so many are there. */
  public int records() {
    return last(RECORDS).map(m -> Integer.parseInt(m.group(1))).orElse(0);
  }

  public boolean hasBooted() {
    return text().contains("vmsnap: guest up");
  }

  public Optional<Verification> verification() {
    return last(VERIFY).map(m -> new Verification(m.group(1).equals("ok"), m.group(2)));
  }

  private Optional<MatchResult> last(Pattern pattern) {
    return pattern.matcher(text()).results().reduce((first, second) -> second);
  }
}
