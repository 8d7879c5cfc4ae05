package io.vmsnap.harness.machine;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.Quiesce;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.harness.cluster.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.opentest4j.TestAbortedException;

/** A virtual machine in a cluster, seen and driven as a user of the API does. */
public final class Machine {
  /** Generous, because the guest may share two cores under TCG with everything else. */
  public static final Duration PATIENCE = Duration.ofSeconds(180);

  private final Cluster cluster;
  private final KubernetesClient client;
  private final String namespace;
  private MachineSpec spec;
  private String lastLog = "";

  private Machine(Cluster cluster, String namespace, MachineSpec spec) {
    this.cluster = cluster;
    this.client = cluster.client();
    this.namespace = namespace;
    this.spec = spec;
  }

  /** Applies the resource and returns at once. */
  public static Machine apply(Cluster cluster, String namespace, MachineSpec spec) {
    Machine machine = new Machine(cluster, namespace, spec);
    machine.apply(spec);
    return machine;
  }

  /** Applies a changed spec to the same machine. */
  public void apply(MachineSpec changed) {
    spec = changed;
    client.resource(changed.resource(namespace)).forceConflicts().serverSideApply();
  }

  public String name() {
    return spec.name();
  }

  public VirtualMachine get() {
    return client.resources(VirtualMachine.class).inNamespace(namespace).withName(name()).get();
  }

  public Optional<Condition> condition(ConditionType type) {
    VirtualMachine machine = get();
    return machine == null || machine.getStatus() == null
        ? Optional.empty()
        : find(machine.getStatus().conditions(), type);
  }

  /** Until the spec is answered and the guest has said that it is up. */
  public void awaitRunning() throws Exception {
    Eventually.holds(
        name() + " runs",
        PATIENCE,
        () -> isAnswered() && condition(ConditionType.Running).map(Condition::holds).orElse(false),
        this::describe);
    Eventually.holds(
        "guest of " + name() + " is up", PATIENCE, console()::hasBooted, this::describe);
  }

  /** Until no pod is left and the status says so. */
  public void awaitPoweredOff() throws Exception {
    awaitWithoutPod(PowerState.PoweredOff);
  }

  /** Until no pod is left, the memory is saved, and the status says so. */
  public void awaitSuspended() throws Exception {
    awaitWithoutPod(PowerState.Suspended);
  }

  private void awaitWithoutPod(PowerState state) throws Exception {
    Eventually.holds(
        name() + " is " + state,
        PATIENCE,
        () -> {
          // the console's last lines go with the pod
          log();
          return isAnswered()
              && pod().isEmpty()
              && get().getStatus().powerState() == state
              && condition(ConditionType.Ready).map(Condition::holds).orElse(false);
        },
        this::describe);
  }

  /** Until the guest has synced so many records. */
  public int awaitRecords(int count) throws Exception {
    Eventually.holds(
        "%d records of the guest of %s".formatted(count, name()),
        PATIENCE,
        () -> console().records() >= count,
        this::describe);
    return console().records();
  }

  /** Until a guest in mode check has said what it found. */
  public GuestConsole.Verification awaitVerification() throws Exception {
    Eventually.holds(
        "guest of " + name() + " has checked its disk",
        PATIENCE,
        () -> console().verification().isPresent(),
        this::describe);
    return console().verification().orElseThrow();
  }

  private boolean isAnswered() {
    VirtualMachine machine = get();
    return machine != null
        && machine.getStatus() != null
        && machine.getMetadata().getGeneration().equals(machine.getStatus().observedGeneration());
  }

  /** Name of the runner's pod. */
  public Optional<String> pod() {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel(Labels.VM_NAME, name())
        .withLabel(Labels.COMPONENT, Labels.RUNNER)
        .list()
        .getItems()
        .stream()
        .map(pod -> pod.getMetadata().getName())
        .findFirst();
  }

  public GuestConsole console() {
    return new GuestConsole(this::log);
  }

  /** The last log that there was: the console outlives its pod. */
  private String log() {
    try {
      pod()
          .map(pod -> client.pods().inNamespace(namespace).withName(pod).getLog())
          .filter(text -> !text.isEmpty())
          .ifPresent(text -> lastLog = text);
    } catch (KubernetesClientException e) {
      // The pod is starting or has gone between the two requests; whoever waits looks again.
      return lastLog;
    }
    return lastLog;
  }

  /**
   * Where the machine's files lie on this host.
   *
   * @throws TestAbortedException if they lie on another; never on the embedded cluster
   */
  public Path directory() {
    String claim = get().getStatus().directory().claimName();
    return cluster
        .claimDirectory(namespace, claim)
        .orElseThrow(
            () ->
                new TestAbortedException(
                    "the files of claim "
                        + claim
                        + " are on another host than this: what is left of the scenario cannot be"
                        + " checked on the cluster \""
                        + cluster.provider()
                        + "\""));
  }

  /** Asks for a snapshot and returns at once. */
  public void snapshot(String name, String description) {
    client.resource(snapshotOf(namespace, this.name(), name, description)).create();
  }

  /** Asks for a snapshot with memory, or a quiesced one, and returns at once. */
  public void snapshot(String name, boolean memory, Quiesce.Policy quiesce) {
    VMSnapshot snapshot = snapshotOf(namespace, this.name(), name, null);
    snapshot.setSpec(
        new VMSnapshotSpec(this.name(), null, memory, new Quiesce(quiesce, null), null, null));
    client.resource(snapshot).create();
  }

  public static VMSnapshot snapshotOf(
      String namespace, String machine, String name, String description) {
    VMSnapshot snapshot = new VMSnapshot();
    snapshot.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(namespace).build());
    snapshot.setSpec(
        new VMSnapshotSpec(machine, description, false, new Quiesce(null, null), null, null));
    return snapshot;
  }

  public VMSnapshot getSnapshot(String name) {
    return client.resources(VMSnapshot.class).inNamespace(namespace).withName(name).get();
  }

  /** Until the snapshot is there; fails at once where it failed for good. */
  public VMSnapshot awaitReady(String name) throws Exception {
    Eventually.holds(
        "snapshot " + name + " is Ready",
        PATIENCE,
        () -> {
          VMSnapshot snapshot = getSnapshot(name);
          if (snapshot == null || snapshot.getStatus() == null) {
            return false;
          }
          if (find(snapshot.getStatus().conditions(), ConditionType.Stalled)
              .map(Condition::holds)
              .orElse(false)) {
            throw new IllegalStateException(
                "snapshot %s failed: %s".formatted(name, snapshot.getStatus().conditions()));
          }
          return Boolean.TRUE.equals(snapshot.getStatus().readyToUse());
        },
        () -> String.valueOf(getSnapshot(name)));
    return getSnapshot(name);
  }

  /**
   * Asks for a revert and returns at once.
   *
   * @param power what the machine is to be afterwards
   */
  public VMSnapshotRevert revert(
      String name, String snapshot, VMSnapshotRevertSpec.Power power, boolean save) {
    VMSnapshotRevert revert = new VMSnapshotRevert();
    revert.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(namespace).build());
    revert.setSpec(new VMSnapshotRevertSpec(name(), snapshot, power, null, save, null, null, null));
    return client.resource(revert).create();
  }

  public VMSnapshotRevert getRevert(String name) {
    return client.resources(VMSnapshotRevert.class).inNamespace(namespace).withName(name).get();
  }

  /** Until the revert has ended well, and the machine's status knows of it. */
  public VMSnapshotRevert awaitReverted(String name) throws Exception {
    Eventually.holds(
        "revert " + name + " has succeeded",
        PATIENCE,
        () -> {
          VMSnapshotRevert revert = getRevert(name);
          if (revert.getStatus() != null
              && revert.getStatus().phase() == VMSnapshotRevertStatus.Phase.Failed) {
            throw new IllegalStateException(
                "revert %s failed: %s".formatted(name, revert.getStatus().conditions()));
          }
          return revert.getStatus() != null
              && revert.getStatus().phase() == VMSnapshotRevertStatus.Phase.Succeeded
              && get().getStatus().lastRevert() != null
              && get().getStatus().lastRevert().name().equals(name);
        },
        () -> getRevert(name) + "\n" + describe());
    return getRevert(name);
  }

  /** Asks for the deletion of a snapshot and waits until its resource is gone. */
  public void deleteSnapshot(String name) throws Exception {
    client.resource(getSnapshot(name)).delete();
    Eventually.holds(
        "snapshot " + name + " is gone",
        PATIENCE,
        () -> getSnapshot(name) == null,
        () -> String.valueOf(getSnapshot(name)));
  }

  /** Asks for the deletion of the machine itself and returns at once. */
  public void delete() {
    client.resources(VirtualMachine.class).inNamespace(namespace).withName(name()).delete();
  }

  static Optional<Condition> find(List<Condition> conditions, ConditionType type) {
    return conditions.stream().filter(c -> c.hasType(type)).findFirst();
  }

  private String describe() {
    VirtualMachine machine = get();
    String text = log();
    return "status: %s%nlog: %s"
        .formatted(
            machine == null ? "no such resource" : machine.getStatus(),
            text.substring(Math.max(0, text.length() - 2000)));
  }
}
