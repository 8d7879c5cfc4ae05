package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.cache.Lister;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Stands in for kube-scheduler on a cluster of one node: binds what fits, in creation order, and
 * says {@code PodScheduled=False, Unschedulable} with the reason where not. Pods that name another
 * scheduler are left to it.
 */
final class PodScheduler implements Runnable {
  private static final System.Logger LOG = System.getLogger(PodScheduler.class.getName());
  private static final String NAME = "default-scheduler";
  private static final long RETRY_MILLIS = 2000;

  private final NodeContext context;
  private final Supplier<List<Pod>> pods;
  private final Lister<PersistentVolumeClaim> claims;
  private final NodeEvents events;
  private final Semaphore wake = new Semaphore(0);

  /** Bound by us, while the informer does not show it yet. */
  private final Map<String, Pod> assumed = new HashMap<>();

  private volatile boolean stopped;

  PodScheduler(
      NodeContext context, Supplier<List<Pod>> pods, Lister<PersistentVolumeClaim> claims) {
    this.context = context;
    this.pods = pods;
    this.claims = claims;
    this.events = new NodeEvents(context.client(), NAME, null);
  }

  /** Something changed that may make a pod fit. */
  void wake() {
    wake.release();
  }

  void stop() {
    stopped = true;
    wake.release();
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        boolean waiting = pass();
        wake.tryAcquire(waiting ? RETRY_MILLIS : 30_000, TimeUnit.MILLISECONDS);
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether pods are left that did not fit. */
  private boolean pass() {
    List<Pod> all = pods.get();
    List<Pod> unbound =
        all.stream()
            .filter(p -> p.getSpec().getNodeName() == null)
            .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
            .filter(p -> NAME.equals(p.getSpec().getSchedulerName()))
            .filter(p -> !assumed.containsKey(p.getMetadata().getUid()))
            .sorted(Comparator.comparing(p -> p.getMetadata().getCreationTimestamp()))
            .toList();
    assumed
        .keySet()
        .removeIf(
            uid ->
                all.stream()
                    .noneMatch(
                        p ->
                            p.getMetadata().getUid().equals(uid)
                                && p.getSpec().getNodeName() == null));
    if (unbound.isEmpty() || !context.connection().isUp()) {
      return !unbound.isEmpty();
    }
    boolean left = false;
    for (Pod pod : unbound) {
      left |= !schedule(pod, all);
    }
    return left;
  }

  private boolean schedule(Pod pod, List<Pod> all) {
    try {
      Node node = context.client().nodes().withName(context.config().name()).get();
      Optional<String> problem =
          node == null
              ? Optional.of("no nodes available to schedule pods")
              : claimProblem(pod).or(() -> NodeFit.problem(pod, node, onNode(all)));
      if (problem.isPresent()) {
        unschedulable(pod, problem.get());
        return false;
      }
      bind(pod);
      return true;
    } catch (KubernetesClientException e) {
      LOG.log(Level.DEBUG, "pod " + pod.getMetadata().getName() + " not bound: " + e.getMessage());
      return false;
    }
  }

  private List<Pod> onNode(List<Pod> all) {
    List<Pod> bound = new ArrayList<>(assumed.values());
    all.stream()
        .filter(p -> context.config().name().equals(p.getSpec().getNodeName()))
        .filter(p -> !PodContainers.isFinal(p.getStatus()))
        .forEach(bound::add);
    return bound;
  }

  private Optional<String> claimProblem(Pod pod) {
    for (Volume volume : pod.getSpec().getVolumes()) {
      if (volume.getPersistentVolumeClaim() == null) {
        continue;
      }
      String name = volume.getPersistentVolumeClaim().getClaimName();
      PersistentVolumeClaim claim = claims.namespace(pod.getMetadata().getNamespace()).get(name);
      if (claim == null) {
        return Optional.of("persistentvolumeclaim \"" + name + "\" not found");
      }
      if (claim.getMetadata().getDeletionTimestamp() != null) {
        return Optional.of("persistentvolumeclaim \"" + name + "\" is being deleted");
      }
      if (!ClaimVolume.isBound(claim)) {
        return Optional.of("pod has unbound immediate PersistentVolumeClaims");
      }
    }
    return Optional.empty();
  }

  private void bind(Pod pod) {
    String node = context.config().name();
    context
        .client()
        .bindings()
        .inNamespace(pod.getMetadata().getNamespace())
        .resource(
            new BindingBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .withNamespace(pod.getMetadata().getNamespace())
                .withUid(pod.getMetadata().getUid())
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(node)
                .endTarget()
                .build())
        .create();
    assumed.put(pod.getMetadata().getUid(), pod);
    events.normal(
        pod,
        "Scheduled",
        "Successfully assigned "
            + pod.getMetadata().getNamespace()
            + "/"
            + pod.getMetadata().getName()
            + " to "
            + node);
  }

  private void unschedulable(Pod pod, String message) {
    boolean known =
        pod.getStatus() != null
            && pod.getStatus().getConditions().stream()
                .anyMatch(
                    c -> "PodScheduled".equals(c.getType()) && message.equals(c.getMessage()));
    if (known) {
      return;
    }
    var condition =
        new PodConditionBuilder()
            .withType("PodScheduled")
            .withStatus("False")
            .withReason("Unschedulable")
            .withMessage(message)
            .withLastTransitionTime(KubeTime.of(Instant.now()))
            .build();
    // Strategic merge: conditions are merged by type.
    context
        .client()
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            context
                .client()
                .getKubernetesSerialization()
                .asJson(
                    Map.of(
                        "metadata",
                        Map.of("uid", pod.getMetadata().getUid()),
                        "status",
                        Map.of("conditions", List.of(condition)))));
    events.warning(pod, "FailedScheduling", message);
  }
}
