package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A Kubernetes control plane on 127.0.0.1. What it stores lives in its directory: a later control
 * plane with the same directory continues the same cluster, on other ports.
 *
 * <p>Files: {@code kubeconfig}, {@code pki/}, {@code etcd/}, {@code logs/}, {@code lock}.
 */
public final class ControlPlane implements AutoCloseable {
  /** Common name of the certificate with which the API server asks kubelets for logs. */
  public static final String KUBELET_CLIENT = ControlPlanePki.KUBELET_CLIENT;

  private static final Duration READY_DEADLINE = Duration.ofSeconds(120);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(10);

  private final ControlPlaneBinaries binaries;
  private final Path directory;
  private final Path logs;
  private final List<String> apiServerOptions;

  /** Not guarded by the monitor: a signal must be able to stop them in the middle of a start. */
  private final List<ChildProcess> children = new CopyOnWriteArrayList<>();

  private final Thread shutdownHook =
      Thread.ofPlatform().name("control-plane-shutdown").unstarted(this::stopChildren);

  private FileChannel lock;
  private ControlPlanePki pki;
  private ApiServer apiServer;

  /**
   * @param directory of the cluster; made when it is not there
   */
  public ControlPlane(ControlPlaneBinaries binaries, Path directory) {
    this(binaries, directory, List.of());
  }

  /**
   * @param apiServerOptions for kube-apiserver, beside those that it is always started with
   */
  public ControlPlane(
      ControlPlaneBinaries binaries, Path directory, List<String> apiServerOptions) {
    this.binaries = binaries;
    this.apiServerOptions = List.copyOf(apiServerOptions);
    this.directory = directory.toAbsolutePath().normalize();
    this.logs = this.directory.resolve("logs");
  }

  /**
   * Starts all servers and returns when pods can be created.
   *
   * @throws ControlPlaneException if that does not come about; everything is stopped again
   */
  public synchronized void start() {
    if (lock != null) {
      throw new IllegalStateException("already started: " + directory);
    }
    try {
      prepareDirectory();
      Runtime.getRuntime().addShutdownHook(shutdownHook);
      startServers();
    } catch (IOException e) {
      close();
      throw new ControlPlaneException("cannot prepare " + directory, e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void prepareDirectory() throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.createDirectories(logs);
    lock = lock(directory.resolve("lock"));
    pki = ControlPlanePki.in(directory.resolve("pki"));
  }

  /** Two etcds on one data directory would destroy it. */
  private static FileChannel lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw inUse(file);
    }
    channel.close();
    throw inUse(file);
  }

  private static ControlPlaneException inUse(Path file) {
    return new ControlPlaneException(
        "a control plane already runs in %s: stop it, or use another directory"
            .formatted(file.getParent()));
  }

  private void startServers() throws IOException {
    List<Integer> ports = LoopbackPorts.free(3);
    KubernetesVersion version = BinaryProbe.kubernetesVersion(binaries.apiServer());
    EtcdServer etcd =
        new EtcdServer(
            ports.get(0),
            ports.get(1),
            directory.resolve("etcd"),
            BinaryProbe.knows(binaries.etcd(), "--unsafe-no-fsync"));
    apiServer = new ApiServer(ports.get(2), version);
    // At once: the API server tries again until etcd answers.
    launch("etcd", binaries.etcd(), etcd.arguments(pki));
    List<String> arguments = apiServer.arguments(pki, etcd);
    arguments.addAll(apiServerOptions);
    launch("kube-apiserver", binaries.apiServer(), arguments);
    try (ApiProbe probe = new ApiProbe(apiServer.url(), pki.authority(), pki.admin())) {
      await("the API server is ready", probe, "/readyz");
      startControllers(version);
      await(
          "pods can be created (service account \"default\" exists)",
          probe,
          "/api/v1/namespaces/default/serviceaccounts/default");
    }
    Pem.writePrivately(
        kubeconfig(), Kubeconfig.text(apiServer.url(), pki.authority(), pki.admin()));
  }

  /** Only now: it gives up when the API server is not ready soon after its own start. */
  private void startControllers(KubernetesVersion version) throws IOException {
    Path kubeconfig = directory.resolve("pki/controller-manager.kubeconfig");
    Pem.writePrivately(
        kubeconfig, Kubeconfig.text(apiServer.url(), pki.authority(), pki.controllerManager()));
    launch(
        "kube-controller-manager",
        binaries.controllerManager(),
        new ControllerManager(version).arguments(pki, kubeconfig));
  }

  private void launch(String name, Path program, List<String> arguments) {
    children.add(ChildProcess.start(name, program, arguments, logs.resolve(name + ".log")));
  }

  private void await(String what, ApiProbe probe, String path) {
    ApiProbe.await(what, () -> probe.ok(path), List.copyOf(children), READY_DEADLINE);
  }

  /** For {@code kubectl --kubeconfig}, with administrator's rights; readable by the owner only. */
  public Path kubeconfig() {
    return directory.resolve("kubeconfig");
  }

  /**
   * Makes a user with administrator's rights and a name of its own, by which the API server tells
   * its requests from those of others.
   *
   * @return the user's kubeconfig, beside {@link #kubeconfig()}
   */
  public synchronized Path kubeconfigOf(String user) throws IOException {
    requireStarted();
    Path file = directory.resolve(user + ".kubeconfig");
    Pem.writePrivately(
        file,
        Kubeconfig.text(
            apiServer.url(),
            pki.authority(),
            pki.authority().issueClient(user, ControlPlanePki.MASTERS)));
    return file;
  }

  /** Where the servers' logs are, one file each. */
  public Path logs() {
    return logs;
  }

  /** {@code https://127.0.0.1:<port>}. */
  public synchronized String url() {
    requireStarted();
    return apiServer.url();
  }

  public synchronized KubernetesVersion version() {
    requireStarted();
    return apiServer.version();
  }

  /** Issues certificates that the API server accepts of clients and kubelets. */
  public synchronized CertificateAuthority certificateAuthority() {
    requireStarted();
    return pki.authority();
  }

  /** The authority's certificate as a PEM file. */
  public Path authorityFile() {
    return directory.resolve("pki/ca.crt");
  }

  /** Whether all servers run. */
  public boolean isAlive() {
    return !children.isEmpty() && children.stream().allMatch(ChildProcess::isAlive);
  }

  /** The servers' process ids, in the order of their start. */
  List<Long> pids() {
    return children.stream().map(ChildProcess::pid).toList();
  }

  /**
   * From now on the end of the JVM does not stop the servers by itself: the owner has a shutdown
   * hook of its own, which needs them until it calls {@link #close()}. Hooks run in no order.
   */
  public synchronized void leaveShutdownToOwner() {
    requireStarted();
    Runtime.getRuntime().removeShutdownHook(shutdownHook);
  }

  private void requireStarted() {
    if (apiServer == null) {
      throw new IllegalStateException("not started: " + directory);
    }
  }

  /** Stops all servers; what they stored stays. */
  @Override
  public synchronized void close() {
    stopChildren();
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      return; // the JVM is ending: no hook can be removed, and the lock ends with the process
    }
    try {
      if (lock != null) {
        lock.close();
      }
    } catch (IOException e) {
      throw new ControlPlaneException("cannot unlock " + directory, e);
    } finally {
      lock = null;
    }
  }

  private void stopChildren() {
    // etcd last and gently: it flushes. The others keep nothing.
    List<ChildProcess> started = List.copyOf(children);
    for (ChildProcess child : started.reversed()) {
      if (child == started.getFirst()) {
        child.stop(STOP_DEADLINE);
      } else {
        child.close();
      }
    }
    children.removeAll(started);
  }
}
