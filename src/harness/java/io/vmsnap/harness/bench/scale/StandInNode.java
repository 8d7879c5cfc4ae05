package io.vmsnap.harness.bench.scale;

import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;

/**
 * Scheduler, kubelet and provisioner that only pretend: a claim gets a volume that is nowhere, a
 * runner's pod runs at once and answers, a job's pod has ended at once with the outcome that {@code
 * vmsnap job} would have left. No process, no file; the Jobs themselves are the real controller's.
 */
final class StandInNode implements AutoCloseable {
  static final String STORAGE_CLASS = "stand-in";

  private static final System.Logger LOG = System.getLogger(StandInNode.class.getName());
  private static final String NAME = "stand-in";

  private final KubernetesClient client;
  private final StandInRunners runners = new StandInRunners();
  private final Map<String, StandInDirectory> directories = new ConcurrentHashMap<>();
  private final Set<String> taken = ConcurrentHashMap.newKeySet();
  private final ExecutorService work = Executors.newVirtualThreadPerTaskExecutor();
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();

  private StandInNode(KubernetesClient client) {
    this.client = client;
  }

  /**
   * @param client with administrator's rights; stays the caller's
   */
  static StandInNode start(KubernetesClient client) {
    StandInNode node = new StandInNode(client);
    // the garbage collector of pods removes those of nodes that do not exist
    client
        .resource(new NodeBuilder().withNewMetadata().withName(NAME).endMetadata().build())
        .create();
    node.informers.add(
        client
            .pods()
            .inAnyNamespace()
            .withLabel(Labels.MANAGED_BY, Labels.MANAGED_BY_VALUE)
            .inform(node.onAdd(node::run)));
    node.informers.add(
        client.persistentVolumeClaims().inAnyNamespace().inform(node.onAdd(node::provision)));
    return node;
  }

  /** How many jobs have run. */
  long jobs() {
    return directories.values().stream().mapToLong(StandInDirectory::jobs).sum();
  }

  /** How often the runners were asked for their status, one by one. */
  LongStream answers() {
    return directories.values().stream().mapToLong(StandInDirectory::answers);
  }

  private interface Action<T> {
    void on(T object) throws IOException;
  }

  private <T extends io.fabric8.kubernetes.api.model.HasMetadata> ResourceEventHandler<T> onAdd(
      Action<T> action) {
    return new ResourceEventHandler<>() {
      @Override
      public void onAdd(T added) {
        if (taken.add(added.getMetadata().getUid())) {
          work.execute(() -> attempt(added));
        }
      }

      private void attempt(T added) {
        try {
          action.on(added);
        } catch (IOException | KubernetesClientException e) {
          LOG.log(Level.WARNING, added.getMetadata().getName() + ": " + e.getMessage(), e);
        }
      }

      @Override
      public void onUpdate(T before, T after) {}

      @Override
      public void onDelete(T deleted, boolean finalStateUnknown) {}
    };
  }

  private void provision(PersistentVolumeClaim claim) {
    client
        .resource(
            new PersistentVolumeBuilder()
                .withNewMetadata()
                .withName("pv-" + claim.getMetadata().getUid())
                .endMetadata()
                .withNewSpec()
                .withCapacity(claim.getSpec().getResources().getRequests())
                .withAccessModes(claim.getSpec().getAccessModes())
                .withStorageClassName(claim.getSpec().getStorageClassName())
                .withNewHostPath()
                .withPath("/nowhere")
                .endHostPath()
                .withNewClaimRef()
                .withApiVersion("v1")
                .withKind("PersistentVolumeClaim")
                .withNamespace(claim.getMetadata().getNamespace())
                .withName(claim.getMetadata().getName())
                .withUid(claim.getMetadata().getUid())
                .endClaimRef()
                .endSpec()
                .build())
        .create();
  }

  private void run(Pod pod) throws IOException {
    Map<String, String> labels = pod.getMetadata().getLabels();
    StandInDirectory directory =
        directories.computeIfAbsent(labels.get(Labels.VM_NAME), StandInDirectory::new);
    if (Labels.RUNNER.equals(labels.get(Labels.COMPONENT))) {
      bind(pod);
      report(pod, running(pod, runners.start(directory)));
    } else {
      // not bound: a pod that nobody has to stop can be deleted without a kubelet
      report(pod, ended(pod, directory.create(task(pod))));
    }
  }

  private static CreateSnapshotTask task(Pod pod) throws IOException {
    String json =
        pod.getSpec().getContainers().getFirst().getEnv().stream()
            .filter(v -> v.getName().equals(CreateSnapshotTask.ENVIRONMENT_VARIABLE))
            .findFirst()
            .orElseThrow()
            .getValue();
    return TaskJson.read(json, CreateSnapshotTask.class);
  }

  private void bind(Pod pod) {
    client
        .bindings()
        .resource(
            new BindingBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .withNamespace(pod.getMetadata().getNamespace())
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(NAME)
                .endTarget()
                .build())
        .create();
  }

  private static PodStatus running(Pod pod, String address) {
    return new PodStatusBuilder()
        .withPhase("Running")
        .withPodIP(address)
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .withLastTransitionTime(now())
        .endCondition()
        .withContainerStatuses(
            container(pod)
                .withReady(true)
                .withNewState()
                .withNewRunning()
                .withStartedAt(now())
                .endRunning()
                .endState()
                .build())
        .build();
  }

  private static PodStatus ended(Pod pod, TaskOutcome outcome) {
    return new PodStatusBuilder()
        .withPhase("Succeeded")
        .withContainerStatuses(
            container(pod)
                .withReady(false)
                .withNewState()
                .withNewTerminated()
                .withExitCode(0)
                .withReason("Completed")
                .withStartedAt(now())
                .withFinishedAt(now())
                .withMessage(TaskJson.writeTerminationMessage(outcome))
                .endTerminated()
                .endState()
                .build())
        .build();
  }

  private static ContainerStatusBuilder container(Pod pod) {
    return new ContainerStatusBuilder()
        .withName(pod.getSpec().getContainers().getFirst().getName())
        .withImage(pod.getSpec().getContainers().getFirst().getImage())
        .withImageID("")
        .withRestartCount(0);
  }

  private void report(Pod pod, PodStatus status) {
    client
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            client.getKubernetesSerialization().asJson(Map.of("status", status)));
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  @Override
  public void close() throws IOException {
    informers.forEach(SharedIndexInformer::stop);
    work.shutdownNow();
    runners.close();
  }
}
