package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Lister;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;

/**
 * Kubelet, scheduler and volume provisioner in one, for a real API server on a machine without
 * containers: pods run as processes of this machine.
 *
 * <p>What a process cannot be given, it does not get: no root file system, no image, no user or
 * capability from {@code securityContext}, no resource limits, no network of its own (pods have
 * addresses in 127/8). Paths of mounts are rewritten in arguments and environment ({@link
 * MountMap}). Service account tokens are put into volumes as for any pod, but programs find them
 * only by a path that they were given; with {@code automountServiceAccountToken: false} there is no
 * such volume.
 *
 * <p>No process outlives its node: closing ends them, {@link NodeGuardian} kills them when this
 * process dies, and a start kills what both missed.
 */
public final class LocalNode implements AutoCloseable {
  private final NodeContext context;
  private final PodWorkers workers;
  private final SharedIndexInformer<Pod> pods;
  private final NodeRegistration registration;
  private final Deque<AutoCloseable> toClose;

  private LocalNode(
      NodeContext context,
      PodWorkers workers,
      SharedIndexInformer<Pod> pods,
      NodeRegistration registration,
      Deque<AutoCloseable> toClose) {
    this.context = context;
    this.workers = workers;
    this.pods = pods;
    this.registration = registration;
    this.toClose = toClose;
  }

  /**
   * Starts the node and returns when it is registered and takes pods.
   *
   * @param client with administrator's rights; stays the caller's
   * @throws IOException if the data directory or the node's address cannot be had
   */
  public static LocalNode start(NodeConfig config, KubernetesClient client) throws IOException {
    Deque<AutoCloseable> toClose = new ArrayDeque<>();
    try {
      return start(config, client, toClose);
    } catch (IOException | RuntimeException e) {
      closeAll(toClose, e);
      throw e;
    }
  }

  private static LocalNode start(
      NodeConfig config, KubernetesClient client, Deque<AutoCloseable> toClose) throws IOException {
    Files.createDirectories(config.dataDirectory());
    String id = identity(config.dataDirectory());
    ProcessMark.ofNode(id).killAll();
    NodeAddress address = NodeAddress.claim(config.dataDirectory());
    toClose.push(address);
    toClose.push(NodeGuardian.over(ProcessMark.ofNode(id)));
    NodeContext context =
        new NodeContext(
            config,
            client,
            id,
            address.prefix() + "1",
            new PodIpAllocator(address.prefix()),
            new NodeEvents(client, "kubelet", config.name()),
            new NodeConnection());
    PodWorkers workers = new PodWorkers(context);

    int logPort = 0;
    if (config.tls().isPresent()) {
      LogServer logs =
          LogServer.start(context.hostIp(), config.tls().get().apply(context.hostIp()), workers);
      toClose.push(logs);
      logPort = logs.port();
    }
    NodeRegistration registration = new NodeRegistration(context, logPort);
    toClose.push(registration);
    registration.start();

    SharedIndexInformer<Pod> pods = startServices(context, workers, toClose);
    return new LocalNode(context, workers, pods, registration, toClose);
  }

  private static SharedIndexInformer<Pod> startServices(
      NodeContext context, PodWorkers workers, Deque<AutoCloseable> toClose) {
    KubernetesClient client = context.client();
    SharedIndexInformer<PersistentVolumeClaim> claims =
        client.persistentVolumeClaims().inAnyNamespace().inform();
    toClose.push(claims::stop);
    SharedIndexInformer<PersistentVolume> volumes = client.persistentVolumes().inform();
    toClose.push(volumes::stop);
    SharedIndexInformer<Pod> pods = client.pods().inAnyNamespace().inform();
    toClose.push(pods::stop);
    workers.deleteLeftOvers(pods.getStore().list());

    VolumeProvisioner provisioner =
        new VolumeProvisioner(
            context, new Lister<>(claims.getIndexer()), new Lister<>(volumes.getIndexer()));
    provisioner.createClasses();
    toClose.push(provisioner::stop);
    PodScheduler scheduler =
        new PodScheduler(context, () -> pods.getStore().list(), new Lister<>(claims.getIndexer()));
    toClose.push(scheduler::stop);

    volumes.addEventHandler(onAnyChange(provisioner::wake));
    claims.addEventHandler(onAnyChange(provisioner::wake));
    claims.addEventHandler(onAnyChange(scheduler::wake));
    pods.addEventHandler(onAnyChange(scheduler::wake));
    pods.addEventHandler(workers);
    Thread.ofVirtual().name("volume-provisioner").start(provisioner);
    Thread.ofVirtual().name("pod-scheduler").start(scheduler);
    return pods;
  }

  private static <T> ResourceEventHandler<T> onAnyChange(Runnable action) {
    return new ResourceEventHandler<>() {
      @Override
      public void onAdd(T added) {
        action.run();
      }

      @Override
      public void onUpdate(T before, T after) {
        action.run();
      }

      @Override
      public void onDelete(T deleted, boolean finalStateUnknown) {
        action.run();
      }
    };
  }

  /** The same for all lives of a data directory: processes are found by it after a crash. */
  private static String identity(Path dataDirectory) throws IOException {
    Path file = dataDirectory.resolve("node-id");
    if (!Files.exists(file)) {
      Files.writeString(file, UUID.randomUUID().toString(), StandardCharsets.UTF_8);
    }
    return Files.readString(file).strip();
  }

  public String name() {
    return context.config().name();
  }

  /**
   * Logs of all containers, also of pods that are gone: {@code
   * NAMESPACE_POD_UID/CONTAINER/RUN.log}.
   */
  public Path logs() {
    return context.config().dataDirectory().resolve("logs");
  }

  /** The network is gone: no heartbeat, no report, no reaction; processes go on. */
  public void partition() {
    context.connection().up(false);
  }

  /** The power is gone: nothing runs any more, and nobody is told. */
  public void powerLoss() throws InterruptedException {
    context.connection().up(false);
    workers.abandonAll();
    ProcessMark.ofNode(context.id()).killAll();
  }

  /** Ends a partition or power loss. */
  public void recover() {
    context.connection().up(true);
    registration.beatNow();
    workers.resync(pods.getStore().list());
  }

  /** Ends all containers within the grace period and reports it, then leaves the cluster. */
  public void stop(Duration grace) throws InterruptedException {
    workers.shutdown(grace);
    closeAll(toClose, null);
  }

  /** As {@link #stop} with 30 s. */
  @Override
  public void close() {
    try {
      stop(Duration.ofSeconds(30));
    } catch (InterruptedException e) {
      closeAll(toClose, null);
      Thread.currentThread().interrupt();
    }
  }

  private static void closeAll(Deque<AutoCloseable> toClose, Exception cause) {
    while (!toClose.isEmpty()) {
      try {
        toClose.pop().close();
      } catch (Exception e) {
        if (cause != null) {
          cause.addSuppressed(e);
        } else {
          System.getLogger(LocalNode.class.getName())
              .log(System.Logger.Level.WARNING, "node did not close cleanly", e);
        }
      }
    }
  }
}
