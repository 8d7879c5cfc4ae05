package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.Restarts;
import io.vmsnap.operator.dependent.PodState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Pauses between runners that end by themselves: 5 s, then twice as long each time, to 5 min. */
final class RestartBackoff {
  static final Duration FIRST = Duration.ofSeconds(5);
  static final Duration LONGEST = Duration.ofMinutes(5);

  /** A machine that ran this long is taken to be well. */
  static final Duration HEALTHY = Duration.ofMinutes(10);

  private static final int DOUBLINGS = 6;

  private RestartBackoff() {}

  static Instant notBefore(Restarts restarts) {
    if (restarts == null || restarts.count() == null || restarts.count() == 0) {
      return Instant.MIN;
    }
    Duration pause = FIRST.multipliedBy(1L << Math.min(restarts.count() - 1, DOUBLINGS));
    return Instant.parse(restarts.lastExitTime())
        .plus(pause.compareTo(LONGEST) > 0 ? LONGEST : pause);
  }

  static Restarts next(Restarts before, Pod ended, Instant now) {
    int count = before == null || before.count() == null || ranLong(ended) ? 0 : before.count();
    return new Restarts(
        count + 1,
        now.truncatedTo(ChronoUnit.SECONDS).toString(),
        PodState.exitMessage(ended),
        PodState.exitIsFinal(ended),
        ended.getMetadata().getUid());
  }

  private static boolean ranLong(Pod pod) {
    ContainerStateTerminated end = PodState.terminated(pod).orElse(null);
    return end != null
        && end.getStartedAt() != null
        && end.getFinishedAt() != null
        && Duration.between(Instant.parse(end.getStartedAt()), Instant.parse(end.getFinishedAt()))
                .compareTo(HEALTHY)
            >= 0;
  }
}
