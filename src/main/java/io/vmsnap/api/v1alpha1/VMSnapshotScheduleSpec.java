package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;

/** When to take snapshots, of what, and which to keep. All of it can change at any time. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VMSnapshotScheduleSpec(
    @Required
        @JsonPropertyDescription(
            "Five fields as in a CronJob: minute, hour, day of month, month, day of week, such as"
                + " '30 2 * * mon-fri'; or @hourly, @daily, @weekly, @monthly, @yearly.")
        @Pattern(CRON_PATTERN)
        @Size(min = 6, max = 200)
        String schedule,
    @JsonPropertyDescription(
            "Time zone of the schedule and of the days and weeks of retention, by its name in the"
                + " tz database, such as Europe/Paris.")
        @Default(DEFAULT_TIME_ZONE)
        @Pattern("^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$")
        @Size(min = 1, max = 64)
        String timeZone,
    @JsonPropertyDescription(
            "Stops the schedule: nothing is taken, and retention deletes nothing. As with a"
                + " CronJob, the last time missed meanwhile is made up for afterwards, within"
                + " startingDeadlineSeconds.")
        @Default("false")
        Boolean suspend,
    @JsonPropertyDescription(
            "What to do for a machine whose snapshot of an earlier time is not finished. Forbid:"
                + " this time is left out. Allow: another waits behind it. Replace: one that has"
                + " not begun is deleted, and the new one takes its place.")
        @Default("Forbid")
        ConcurrencyPolicy concurrencyPolicy,
    @JsonPropertyDescription(
            "How late a snapshot may be when its time was missed, as while no operator ran; only"
                + " the last missed time is made up for. Without it: however late.")
        @Min(10)
        @Max(31_536_000)
        Integer startingDeadlineSeconds,
    @Required
        @JsonPropertyDescription("The machines of the namespace, by their labels; {} for all.")
        MachineSelector selector,
    @JsonPropertyDescription("What each snapshot is like.") @Default("{}") Template template,
    @JsonPropertyDescription(
            "Which snapshots of this schedule each machine keeps: those that any of the rules"
                + " names; the others are deleted, and merged. Without it all stay. Only"
                + " snapshots that are Ready count.")
        @ValidationRule(
            value =
                "(has(self.last) && self.last > 0) || (has(self.hourly) && self.hourly > 0) ||"
                    + " (has(self.daily) && self.daily > 0) || (has(self.weekly) && self.weekly >"
                    + " 0)",
            message = "retention must keep something: set last, hourly, daily or weekly")
        Retention retention,
    @JsonPropertyDescription("How many failed snapshots stay per machine.")
        @Default("1")
        @Min(0)
        @Max(100)
        Integer failedHistoryLimit) {

  public static final String DEFAULT_TIME_ZONE = "Etc/UTC";

  private static final String STEP = "(/[0-9]{1,2})?";
  private static final String MINUTE = "(\\*|[0-5]?[0-9](-[0-5]?[0-9])?)" + STEP;
  private static final String HOUR_NUMBER = "([01]?[0-9]|2[0-3])";
  private static final String HOUR = "(\\*|" + HOUR_NUMBER + "(-" + HOUR_NUMBER + ")?)" + STEP;
  private static final String DAY_NUMBER = "(0?[1-9]|[12][0-9]|3[01])";
  private static final String DAY = "(\\*|\\?|" + DAY_NUMBER + "(-" + DAY_NUMBER + ")?)" + STEP;
  private static final String MONTH_NUMBER = "(0?[1-9]|1[0-2]|[A-Za-z]{3})";
  private static final String MONTH = "(\\*|" + MONTH_NUMBER + "(-" + MONTH_NUMBER + ")?)" + STEP;
  private static final String WEEKDAY_NUMBER = "([0-7]|[A-Za-z]{3})";
  private static final String WEEKDAY =
      "(\\*|\\?|" + WEEKDAY_NUMBER + "(-" + WEEKDAY_NUMBER + ")?)" + STEP;

  /** The shape; what it cannot see, such as the name of a month, the operator checks. */
  public static final String CRON_PATTERN =
      "^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|"
          + MINUTE
          + "(,"
          + MINUTE
          + ")* +"
          + HOUR
          + "(,"
          + HOUR
          + ")* +"
          + DAY
          + "(,"
          + DAY
          + ")* +"
          + MONTH
          + "(,"
          + MONTH
          + ")* +"
          + WEEKDAY
          + "(,"
          + WEEKDAY
          + ")*)$";

  public VMSnapshotScheduleSpec {
    timeZone = timeZone == null ? DEFAULT_TIME_ZONE : timeZone;
    suspend = suspend == null ? Boolean.FALSE : suspend;
    concurrencyPolicy = concurrencyPolicy == null ? ConcurrencyPolicy.Forbid : concurrencyPolicy;
    template = template == null ? new Template(null, null, null, null, null, null, null) : template;
    failedHistoryLimit = failedHistoryLimit == null ? Integer.valueOf(1) : failedHistoryLimit;
  }

  /** What an unfinished snapshot means for the next. */
  public enum ConcurrencyPolicy {
    Forbid,
    Allow,
    Replace
  }

  /** The part of a VMSnapshot that does not depend on machine and time. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "!(has(self.memory) && self.memory && has(self.quiesce) && has(self.quiesce.policy) &&"
              + " self.quiesce.policy == 'Required')",
      message =
          "memory needs no quiescing, and memory saved while the guest is frozen would resume"
              + " frozen: quiesce.policy Required cannot be combined with memory")
  public record Template(
      @JsonPropertyDescription("Labels of the VMSnapshots, beside those of the operator.")
          Map<String, String> labels,
      @JsonPropertyDescription("Free text, kept in the snapshot's entry in the .vmsd file.")
          @Size(max = VMSnapshotSpec.MAX_DESCRIPTION)
          String description,
      @JsonPropertyDescription("As spec.memory of a VMSnapshot.") @Default("false") Boolean memory,
      @JsonPropertyDescription("As spec.quiesce of a VMSnapshot.") @Default("{}") Quiesce quiesce,
      @JsonPropertyDescription("As spec.timeout of a VMSnapshot.")
          @Default(VMSnapshotSpec.DEFAULT_TIMEOUT)
          @Pattern(DurationText.PATTERN)
          @Size(min = 2, max = 20)
          @ValidationRule(
              value = "duration(self) >= duration('10s') && duration(self) <= duration('24h')",
              message = "timeout must be from 10s to 24h")
          String timeout,
      @JsonPropertyDescription(
              "As spec.deletionPolicy of a VMSnapshot; with Retain, retention leaves the snapshots"
                  + " in the directory.")
          @Default("Consolidate")
          VMSnapshotSpec.DeletionPolicy deletionPolicy,
      @JsonPropertyDescription("As spec.memoryMethod of a VMSnapshot.") @Default("Auto")
          VMSnapshotSpec.MemoryMethod memoryMethod) {
    public Template {
      labels = labels == null ? Map.of() : Map.copyOf(labels);
      memory = memory == null ? Boolean.FALSE : memory;
      quiesce = quiesce == null ? new Quiesce(null, null) : quiesce;
      timeout = timeout == null ? VMSnapshotSpec.DEFAULT_TIMEOUT : timeout;
      deletionPolicy =
          deletionPolicy == null ? VMSnapshotSpec.DeletionPolicy.Consolidate : deletionPolicy;
      memoryMethod = memoryMethod == null ? VMSnapshotSpec.MemoryMethod.Auto : memoryMethod;
    }
  }

  /**
   * How many snapshots each rule keeps, from the newest on; hours and days without one are not
   * counted.
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Retention(
      @JsonPropertyDescription("The newest.") @Min(0) @Max(1000) Integer last,
      @JsonPropertyDescription("The newest of each of the last hours that have one.")
          @Min(0)
          @Max(1000)
          Integer hourly,
      @JsonPropertyDescription("The newest of each of the last days that have one.")
          @Min(0)
          @Max(1000)
          Integer daily,
      @JsonPropertyDescription(
              "The newest of each of the last weeks, which begin on Monday, that have one.")
          @Min(0)
          @Max(1000)
          Integer weekly) {

    /** Whether no rule keeps anything. */
    public boolean keepsNothing() {
      return count(last) + count(hourly) + count(daily) + count(weekly) == 0;
    }

    private static int count(Integer rule) {
      return rule == null ? 0 : rule;
    }
  }
}
