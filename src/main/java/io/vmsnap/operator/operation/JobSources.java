package io.vmsnap.operator.operation;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.operator.reconciler.Indexes;
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

  private final String label;
  private final InformerEventSource<Job, P> jobs;
  private final InformerEventSource<Pod, P> pods;

  public JobSources(EventSourceContext<P> context, Class<P> kind, String label) {
    this.label = label;
    String selector =
        Labels.MANAGED_BY
            + "="
            + Labels.MANAGED_BY_VALUE
            + ","
            + Labels.COMPONENT
            + "="
            + Labels.JOB
            + ","
            + label;
    jobs =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Job.class, kind)
                .withName("jobs")
                .withLabelSelector(selector)
                .withSecondaryToPrimaryMapper(this::owner)
                .build(),
            context);
    pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, kind)
                .withName("job-pods")
                .withLabelSelector(selector)
                .withSecondaryToPrimaryMapper(this::owner)
                .build(),
            context);
    pods.addIndexers(
        Map.of(
            BY_OWNER,
            pod ->
                owner(pod).stream()
                    .map(id -> Indexes.key(id.getNamespace().orElse(""), id.getName()))
                    .toList()));
  }

  public List<EventSource<?, P>> all() {
    return List.of(jobs, pods);
  }

  public Optional<Job> job(P owner, Attempt attempt) {
    return attempt == null || attempt.job() == null
        ? Optional.empty()
        : jobs.get(new ResourceID(attempt.job(), owner.getMetadata().getNamespace()));
  }

  public JobObservation observe(P owner, Attempt attempt) {
    return job(owner, attempt)
        .map(job -> JobObserver.observe(job, pods(owner, job), attempt))
        .orElseGet(JobObservation.Absent::new);
  }

  /** The pods that a job made: those that it controls. */
  private List<Pod> pods(P owner, Job job) {
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

  private Set<ResourceID> owner(HasMetadata object) {
    String name = object.getMetadata().getLabels().get(label);
    return name == null
        ? Set.of()
        : Set.of(new ResourceID(name, object.getMetadata().getNamespace()));
  }
}
