package io.vmsnap.operator.polling;

import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.polling.PerResourcePollingConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.event.source.polling.PerResourcePollingEventSource;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Looks at running machines from time to time and wakes the reconciler when an answer differs from
 * the last one. Asking happens here and never on a reconciling thread, which a dead node would hold
 * up.
 */
public final class RunnerPolling
    extends PerResourcePollingEventSource<RunnerAnswer, VirtualMachine, String> {
  /** Enough for a thousand machines at the default interval, a tenth of which time out. */
  private static final int THREADS = 8;

  /**
   * @param runningPod the pod to ask about a machine, if one runs
   */
  public RunnerPolling(
      EventSourceContext<VirtualMachine> context,
      RunnerClient client,
      Duration interval,
      Function<VirtualMachine, Optional<Pod>> runningPod) {
    super(
        RunnerAnswer.class,
        context,
        new PerResourcePollingConfigurationBuilder<RunnerAnswer, VirtualMachine, String>(
                vm -> runningPod.apply(vm).map(client::ask).map(Set::of).orElse(Set.of()), interval)
            .withName("runner")
            .withResourceIDMapper(answer -> "runner")
            .withExecutorService(Executors.newScheduledThreadPool(THREADS))
            .build());
  }

  /** The last answer about a pod. The inherited look-up would ask now, and wait. */
  public Optional<RunnerAnswer> lastAnswer(VirtualMachine vm, Pod pod) {
    return Optional.ofNullable(cache.get(ResourceID.fromResource(vm)))
        .flatMap(answers -> answers.values().stream().findFirst())
        .filter(answer -> answer.podUid().equals(pod.getMetadata().getUid()));
  }
}
