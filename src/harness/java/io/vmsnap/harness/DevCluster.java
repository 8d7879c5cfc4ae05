package io.vmsnap.harness;

import io.vmsnap.harness.cluster.EmbeddedCluster;
import io.vmsnap.harness.cluster.EmbeddedClusterProvider;
import io.vmsnap.harness.cluster.ProgressLines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./vmsnap dev}: the embedded cluster and the operator, in the foreground until Ctrl-C. */
@Command(
    name = "dev",
    mixinStandardHelpOptions = true,
    description = "Runs a Kubernetes cluster on this machine, with the operator, until Ctrl-C.")
public final class DevCluster implements Runnable {
  private static final Duration WATCH = Duration.ofSeconds(2);

  @Option(
      names = "--directory",
      defaultValue = ".vmsnap/dev",
      description =
          "State of the cluster; a later start goes on with it. Default: ${DEFAULT-VALUE}")
  Path directory;

  @Option(names = "--no-operator", description = "Start your own, e.g. ./mvnw quarkus:dev")
  boolean noOperator;

  private final ProgressLines progress = new ProgressLines(System.out);
  private final AtomicBoolean operatorLoss = new AtomicBoolean();

  public static void main(String... args) {
    System.exit(new CommandLine(new DevCluster()).execute(args));
  }

  @Override
  public void run() {
    EmbeddedClusterProvider provider = EmbeddedClusterProvider.in(directory);
    provider
        .unavailable()
        .ifPresent(
            why -> {
              throw new IllegalStateException("no cluster on this machine: " + why);
            });
    try (EmbeddedCluster cluster = provider.open(progress::step)) {
      if (!noOperator) {
        progress.step("starting the operator");
        cluster.operator().start();
      }
      progress.done();
      System.out.print(thingsToTry(cluster));
      watch(cluster);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("the cluster does not start: " + e.getMessage(), e);
    }
  }

  /** Until the JVM is told to end; the cluster's shutdown hook does the rest. */
  private void watch(EmbeddedCluster cluster) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    AtomicBoolean stopping = new AtomicBoolean();
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(
                    () -> {
                      stopping.set(true);
                      System.out.println("\nstopping: pods get 30 s to end well");
                    }));
    while (!never.await(WATCH.toMillis(), TimeUnit.MILLISECONDS)) {
      if (stopping.get()) {
        continue;
      }
      if (!cluster.isAlive()) {
        throw new IllegalStateException("a server ended; see " + directory.resolve("logs"));
      }
      boolean lost = !noOperator && !cluster.operator().running();
      if (lost && operatorLoss.compareAndSet(false, true)) {
        System.out.println(
            "the operator ended with status "
                + cluster.operator().exitStatus().orElse(-1)
                + ", see "
                + cluster.operator().log());
      }
    }
  }

  private String thingsToTry(EmbeddedCluster cluster) {
    return """

    The cluster is up. In another terminal:

      export KUBECONFIG=%s
      kubectl get nodes,storageclasses
      kubectl apply -f deploy/examples/
      kubectl get vmx,vmsnap -w
      kubectl logs -f POD            (or: ./vmsnap logs -f POD)

    operator log  %s
    volumes       %s
    Ctrl-C stops everything; the state stays in %s.
    """
        .formatted(
            cluster.kubeconfig().toAbsolutePath(),
            cluster.operator().log(),
            cluster.podLogs().resolveSibling("volumes"),
            directory);
  }
}
