package io.vmsnap.operator.status;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The next list of conditions, given the last one. The transition time moves only when a status
 * changes, so that equal observations give equal lists and nothing is written.
 */
public final class Conditions {
  public static final String NOTHING_UNDER_WAY = "Nothing is under way";
  public static final String NOTHING_STUCK = "Nothing waits for a person";

  /** The API reference allows 32768 characters; nobody reads them. */
  private static final int MAX_MESSAGE = 1024;

  private final List<Condition> before;
  private final Long generation;
  private final String now;
  private final List<Condition> next = new ArrayList<>();

  /**
   * @param before the conditions so far; null for none
   * @param generation the spec that the next ones speak of
   */
  public Conditions(List<Condition> before, Long generation, Instant now) {
    this.before = before == null ? List.of() : before;
    this.generation = generation;
    this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  public Conditions add(ConditionType type, Truth truth, ConditionReason reason, String message) {
    String time =
        find(before, type)
            .filter(old -> old.status().equals(truth.name()))
            .map(Condition::lastTransitionTime)
            .orElse(now);
    next.add(
        new Condition(
            type.name(), truth.name(), reason.name(), shorten(message), time, generation));
    return this;
  }

  /** Carries a condition over as it is, if there is one. */
  public Conditions keep(ConditionType type) {
    find(before, type).ifPresent(next::add);
    return this;
  }

  public List<Condition> list() {
    return List.copyOf(next);
  }

  public static Optional<Condition> find(List<Condition> conditions, ConditionType type) {
    return conditions.stream().filter(condition -> condition.hasType(type)).findFirst();
  }

  public static boolean isTrue(List<Condition> conditions, ConditionType type) {
    return find(conditions, type).filter(Condition::holds).isPresent();
  }

  private static String shorten(String message) {
    return message.length() <= MAX_MESSAGE
        ? message
        : message.substring(0, MAX_MESSAGE - 3) + "...";
  }

  /** The three values of a condition's status. */
  public enum Truth {
    True,
    False,
    Unknown;

    public static Truth of(boolean value) {
      return value ? True : False;
    }
  }
}
