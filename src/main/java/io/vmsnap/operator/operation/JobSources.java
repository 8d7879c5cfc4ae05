package io.vmsnap.operator.operation;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.operator.reconciler.Indexes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Jobs and their pods, found by a label that names the resource they work for.
 *
 * @param <P> that resource
 */
public final class JobSources<P extends HasMetadata> {
  private static final String BY_OWNER = "owner";

  /** Label that the job controller of every release puts on its pods. */
  private static final String CONTROLLER_UID = "controller-uid";

  private final InformerEventSource<Job, P> jobs;
  private final InformerEventSource<Pod, P> pods;
  private final KubernetesClient client;

  public JobSources(EventSourceContext<P> context, Class<P> kind, String label) {
    this(context, kind, label, pods(context, kind, label));
  }

  /**
   * @param pods which the reconciler watches anyway: two sources of one type in one controller
   *     would make the framework guess into which a written object belongs
   */
  public JobSources(
      EventSourceContext<P> context,
      Class<P> kind,
      String label,
      InformerEventSource<Pod, P> pods) {
    this.pods = pods;
    client = context.getClient();
    jobs =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Job.class, kind)
                .withName("jobs")
                .withLabelSelector(selector(label))
                .withSecondaryToPrimaryMapper(job -> owner(job, label))
                .build(),
            context);
    pods.addIndexers(
        Map.of(
            BY_OWNER,
            pod ->
                owner(pod, label).stream()
                    .map(id -> Indexes.key(id.getNamespace().orElse(""), id.getName()))
                    .toList()));
  }

  private static <P extends HasMetadata> InformerEventSource<Pod, P> pods(
      EventSourceContext<P> context, Class<P> kind, String label) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(Pod.class, kind)
            .withName("job-pods")
            .withLabelSelector(selector(label))
            .withSecondaryToPrimaryMapper(pod -> owner(pod, label))
            .build(),
        context);
  }

  private static String selector(String label) {
    return Labels.MANAGED_BY
        + "="
        + Labels.MANAGED_BY_VALUE
        + ","
        + Labels.COMPONENT
        + "="
        + Labels.JOB
        + ","
        + label;
  }

  public List<EventSource<?, P>> all() {
    return List.of(jobs, pods);
  }

  public Optional<Job> job(P owner, Attempt attempt) {
    return attempt == null || attempt.job() == null
        ? Optional.empty()
        : jobs.get(new ResourceID(attempt.job(), owner.getMetadata().getNamespace()));
  }

  public JobObservation observe(P owner, Attempt attempt, Instant now) {
    return job(owner, attempt)
        .map(job -> JobObserver.observe(job, pods(owner, job), attempt, now))
        .orElseGet(JobObservation.Absent::new);
  }

  /**
   * The pods that a job made: those that it controls. Jobs and pods are watched apart, and an end
   * may be heard of before the pod that it was the end of: then the API server itself is asked,
   * since a result that is taken for lost costs another job.
   */
  private List<Pod> pods(P owner, Job job) {
    List<Pod> known = knownPods(owner, job);
    return known.isEmpty() && JobObserver.isOver(job)
        ? client
            .pods()
            .inNamespace(job.getMetadata().getNamespace())
            .withLabel(CONTROLLER_UID, job.getMetadata().getUid())
            .list()
            .getItems()
        : known;
  }

  private List<Pod> knownPods(P owner, Job job) {
    return pods
        .byIndex(
            BY_OWNER,
            Indexes.key(owner.getMetadata().getNamespace(), owner.getMetadata().getName()))
        .stream()
        .filter(
            pod ->
                pod.getMetadata().getOwnerReferences().stream()
                    .anyMatch(reference -> reference.getUid().equals(job.getMetadata().getUid())))
        .toList();
  }

  private static Set<ResourceID> owner(HasMetadata object, String label) {
    String name = object.getMetadata().getLabels().get(label);
    return name == null
        ? Set.of()
        : Set.of(new ResourceID(name, object.getMetadata().getNamespace()));
  }
}
