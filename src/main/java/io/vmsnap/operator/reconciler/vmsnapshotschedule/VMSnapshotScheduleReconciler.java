package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotScheduleStatus;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.log.LogScope;
import io.vmsnap.operator.reconciler.Children;
import io.vmsnap.operator.reconciler.ContextChildren;
import io.vmsnap.operator.reconciler.Retries;
import io.vmsnap.operator.status.StatusUpdate;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Creates VMSnapshots at the times of a VMSnapshotSchedule and deletes those that its retention
 * does not keep. What becomes of a VMSnapshot is the matter of its own reconciler.
 */
@GradualRetry(maxAttempts = Retries.ENDLESS, initialInterval = 500, maxInterval = 60_000)
@ControllerConfiguration(name = "vmsnapshotschedule")
public class VMSnapshotScheduleReconciler implements Reconciler<VMSnapshotSchedule> {
  private static final Logger LOG = Logger.getLogger(VMSnapshotScheduleReconciler.class);

  /** A clock that is put right meanwhile is noticed after this time. */
  private static final Duration LONGEST_REST = Duration.ofMinutes(10);

  /**
   * A snapshot that somebody wrote to meanwhile is not deleted, because it may be one that is now
   * to stay: it is looked at again after this time.
   */
  private static final Duration SOON = Duration.ofSeconds(5);

  /** Answers that the same request would get again. */
  private static final Set<Integer> REFUSALS =
      Set.of(
          HttpURLConnection.HTTP_BAD_REQUEST,
          HttpURLConnection.HTTP_FORBIDDEN,
          HttpURLConnection.HTTP_NOT_FOUND,
          422);

  private final Clock clock;
  private final ScheduleEvents events;
  private ScheduleSources sources;

  public VMSnapshotScheduleReconciler(Events events, Clock clock) {
    this.clock = clock;
    this.events = new ScheduleEvents(events);
  }

  @Override
  public List<EventSource<?, VMSnapshotSchedule>> prepareEventSources(
      EventSourceContext<VMSnapshotSchedule> context) {
    sources = new ScheduleSources(context);
    return sources.all();
  }

  @Override
  public UpdateControl<VMSnapshotSchedule> reconcile(
      VMSnapshotSchedule schedule, Context<VMSnapshotSchedule> context) {
    return LogScope.about(
        schedule,
        () ->
            StatusUpdate.write(
                context,
                reconcile(schedule, sources.observe(schedule), new ContextChildren(context))));
  }

  UpdateControl<VMSnapshotSchedule> reconcile(
      VMSnapshotSchedule schedule, ScheduleObservation seen, Children children) {
    Instant now = clock.instant();
    ScheduleStep step = ScheduleDecision.decide(schedule, seen, now);
    List<String> refused = act(schedule, step, children);
    VMSnapshotScheduleStatus status =
        ScheduleStatusFactory.create(schedule, seen, step, refused, now);
    UpdateControl<VMSnapshotSchedule> control =
        StatusUpdate.of(schedule, status, VMSnapshotSchedule::new);
    events.tell(schedule, step, refused);
    return pause(step, now).map(control::rescheduleAfter).orElse(control);
  }

  private static List<String> act(
      VMSnapshotSchedule schedule, ScheduleStep step, Children children) {
    return switch (step) {
      case ScheduleStep.Run run -> {
        run.replaced().forEach(children::delete);
        List<String> refused = create(run.created(), children);
        log(schedule, "time served", run.time() + " created=" + run.created().size());
        expire(schedule, run.expired(), children);
        yield refused;
      }
      case ScheduleStep.Rest rest -> {
        expire(schedule, rest.expired(), children);
        yield List.of();
      }
      case ScheduleStep.Never never -> {
        expire(schedule, never.expired(), children);
        yield List.of();
      }
      case ScheduleStep.Refuse refuse -> List.of();
      case ScheduleStep.Suspend suspend -> List.of();
    };
  }

  /** One machine whose snapshot is refused does not keep the others from theirs. */
  private static List<String> create(List<VMSnapshot> wanted, Children children) {
    List<String> refused = new ArrayList<>();
    for (VMSnapshot snapshot : wanted) {
      try {
        children.apply(snapshot);
      } catch (KubernetesClientException e) {
        if (!REFUSALS.contains(e.getCode())) {
          throw e;
        }
        refused.add(snapshot.getSpec().vmName() + ": " + e.getMessage());
      }
    }
    return refused;
  }

  private static void expire(
      VMSnapshotSchedule schedule, List<VMSnapshot> expired, Children children) {
    for (VMSnapshot snapshot : expired) {
      children.delete(snapshot);
      log(schedule, "snapshot expired", snapshot.getMetadata().getName());
    }
  }

  private static Optional<Duration> pause(ScheduleStep step, Instant now) {
    Instant next =
        switch (step) {
          case ScheduleStep.Run run -> run.next();
          case ScheduleStep.Rest rest -> rest.next();
          default -> null;
        };
    Duration longest = expires(step) ? SOON : LONGEST_REST;
    if (next == null) {
      return expires(step) ? Optional.of(SOON) : Optional.empty();
    }
    Duration rest = Duration.between(now, next);
    return Optional.of(rest.compareTo(longest) > 0 ? longest : rest);
  }

  private static boolean expires(ScheduleStep step) {
    return switch (step) {
      case ScheduleStep.Run run -> !run.expired().isEmpty();
      case ScheduleStep.Rest rest -> !rest.expired().isEmpty();
      case ScheduleStep.Never never -> !never.expired().isEmpty();
      case ScheduleStep.Refuse refuse -> false;
      case ScheduleStep.Suspend suspend -> false;
    };
  }

  private static void log(VMSnapshotSchedule schedule, String what, String detail) {
    LOG.infof(
        "%s schedule=%s/%s detail=%s",
        what, schedule.getMetadata().getNamespace(), schedule.getMetadata().getName(), detail);
  }
}
