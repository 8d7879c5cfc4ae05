package io.vmsnap.harness.bench.scale;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.harness.bench.scale.RequestLog.Request;
import io.vmsnap.harness.cluster.ClusterDefinitions;
import io.vmsnap.harness.cluster.EmbeddedCluster;
import io.vmsnap.harness.cluster.OperatorProcess;
import io.vmsnap.harness.cluster.VmsnapHome;
import io.vmsnap.harness.controlplane.ControlPlane;
import io.vmsnap.harness.controlplane.ControlPlaneBinaries;
import io.vmsnap.harness.controlplane.LoopbackPorts;
import io.vmsnap.harness.machine.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A control plane of its own, a {@link StandInNode}, the packaged operator, and as many machines
 * and snapshots as asked for.
 */
public final class ScaleRun implements AutoCloseable {
  private static final String OPERATOR = "vmsnap-operator";
  private static final String NAMESPACE = "scale";
  private static final int WRITERS = 8;
  private static final int POLLS = 3;

  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
  private final int machines;
  private final int snapshots;
  private RequestLog requests;
  private KubernetesClient client;
  private StandInNode node;
  private OperatorProcess operator;
  private OperatorFigures figures;
  private SharedIndexInformer<VirtualMachine> machineCache;
  private SharedIndexInformer<VMSnapshot> snapshotCache;

  private ScaleRun(int machines, int snapshots) {
    this.machines = machines;
    this.snapshots = snapshots;
  }

  /**
   * Starts everything and the operator too; nothing is applied yet.
   *
   * @param directory new, for state and logs
   * @param snapshots in all; they are dealt out to the machines in turn
   * @param operatorEnvironment on top of what the operator's process is always given
   */
  public static ScaleRun start(
      Path directory, int machines, int snapshots, Map<String, String> operatorEnvironment)
      throws Exception {
    ScaleRun run = new ScaleRun(machines, snapshots);
    try {
      run.start(directory, operatorEnvironment);
      return run;
    } catch (Exception e) {
      run.close();
      throw e;
    }
  }

  private void start(Path directory, Map<String, String> operatorEnvironment) throws Exception {
    VmsnapHome home = VmsnapHome.ofThisProject();
    home.requireBuilt();
    requests = RequestLog.in(directory.resolve("audit"), OPERATOR);
    ControlPlane controlPlane =
        new ControlPlane(ControlPlaneBinaries.find(), directory, requests.apiServerOptions());
    toClose.push(controlPlane);
    controlPlane.start();
    client = EmbeddedCluster.client(controlPlane.kubeconfig());
    toClose.push(client);
    ClusterDefinitions.apply(client, home.project());
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    client
        .serviceAccounts()
        .inNamespace(NAMESPACE)
        .withName("default")
        .waitUntilCondition(account -> account != null, 60, TimeUnit.SECONDS);
    node = StandInNode.start(client);
    toClose.push(node);
    machineCache = client.resources(VirtualMachine.class).inNamespace(NAMESPACE).inform();
    toClose.push(machineCache::stop);
    snapshotCache = client.resources(VMSnapshot.class).inNamespace(NAMESPACE).inform();
    toClose.push(snapshotCache::stop);
    int port = LoopbackPorts.free(1).getFirst();
    Map<String, String> environment = new HashMap<>(home.environment());
    environment.put("KUBECONFIG", controlPlane.kubeconfigOf(OPERATOR).toString());
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", String.valueOf(port));
    environment.putAll(operatorEnvironment);
    operator =
        new OperatorProcess(
            List.of(home.launcher().toString(), "operator"),
            environment,
            directory.resolve("logs/operator.log"));
    toClose.push(operator);
    figures = new OperatorFigures(operator, port);
    operator.start();
    Eventually.holds(
        "the operator is ready",
        Duration.ofMinutes(2),
        () -> figures.isReady(),
        () -> "see " + operator.log());
  }

  /** Creates all machines and all snapshots, the snapshots while the machines still start. */
  public void apply() throws InterruptedException {
    try (ExecutorService writers =
        Executors.newFixedThreadPool(WRITERS, Thread.ofVirtual().factory())) {
      for (int i = 0; i < machines; i++) {
        int machine = i;
        writers.execute(() -> client.resource(machine(machine)).inNamespace(NAMESPACE).create());
      }
      for (int i = 0; i < snapshots; i++) {
        int snapshot = i;
        writers.execute(() -> client.resource(snapshot(snapshot)).inNamespace(NAMESPACE).create());
      }
    }
  }

  private static String machine(int number) {
    return """
        apiVersion: vmsnap.io/v1alpha1
        kind: VirtualMachine
        metadata: {name: vm-%d}
        spec:
          powerState: PoweredOn
          directory: {claimTemplate: {size: 1Gi, storageClassName: %s}}
          disks: [{name: data, size: 1Gi}]
        """
        .formatted(number, StandInNode.STORAGE_CLASS);
  }

  private String snapshot(int number) {
    return """
        apiVersion: vmsnap.io/v1alpha1
        kind: VMSnapshot
        metadata: {name: vm-%d-%d}
        spec: {vmName: vm-%d}
        """
        .formatted(number % machines, number / machines, number % machines);
  }

  public long machinesReady() {
    return machineCache.getStore().list().stream()
        .filter(vm -> vm.getStatus() != null && isReady(vm.getStatus().conditions()))
        .count();
  }

  public long snapshotsReady() {
    return snapshotCache.getStore().list().stream()
        .filter(s -> s.getStatus() != null && isReady(s.getStatus().conditions()))
        .count();
  }

  private static boolean isReady(List<Condition> conditions) {
    return conditions.stream()
        .anyMatch(c -> c.type().equals(ConditionType.Ready.name()) && "True".equals(c.status()));
  }

  public boolean allReady() {
    return machinesReady() == machines && snapshotsReady() == snapshots;
  }

  /**
   * Waits until the operator has nothing left to write, and returns the place: no write for a
   * while, in which it has asked every runner more than once and so knows what there is to know.
   *
   * @param pause longer than five of the operator's poll intervals, for so long it may keep back a
   *     directory's sizes
   */
  public long awaitQuiet(Duration pause, Duration limit) throws Exception {
    Quiet quiet = new Quiet(mark(), pause);
    Eventually.holds(
        "the operator has nothing left to write", limit, quiet::holds, () -> "writes go on");
    return mark();
  }

  /** The operator is stopped and started again, and has looked at every resource once more. */
  public void restartOperator(Duration limit) throws Exception {
    operator.stop();
    operator.start();
    Eventually.holds(
        "the operator has looked at all resources again",
        limit,
        () -> figures.isReady() && figures.reconciliations() >= machines + snapshots,
        () -> "see " + operator.log());
  }

  /** A place in the log of the operator's requests. */
  public long mark() throws IOException {
    return requests.mark();
  }

  /** The operator's requests, as the API server has them. */
  public List<Request> requestsBetween(long from, long to) throws IOException {
    return requests.between(from, to);
  }

  /** How many jobs the node has run. */
  public long jobs() {
    return node.jobs();
  }

  /** How often the operator has asked a runner. */
  public long polls() {
    return node.answers().sum();
  }

  OperatorFigures figures() {
    return figures;
  }

  @Override
  public void close() throws Exception {
    while (!toClose.isEmpty()) {
      toClose.pop().close();
    }
  }

  /** Whether no write has come for a while; reads each part of the log once. */
  private final class Quiet {
    private final Duration pause;
    private long seen;
    private long since;
    private long polls;

    Quiet(long from, Duration pause) {
      this.pause = pause;
      seen = from;
      begin();
    }

    private void begin() {
      since = System.nanoTime();
      polls = leastPolls();
    }

    boolean holds() throws IOException {
      long now = mark();
      if (requestsBetween(seen, now).stream().anyMatch(Request::isWrite)) {
        begin();
      }
      seen = now;
      return System.nanoTime() - since > pause.toNanos() && leastPolls() >= polls + POLLS;
    }

    private long leastPolls() {
      return node.answers().min().orElse(0);
    }
  }
}
