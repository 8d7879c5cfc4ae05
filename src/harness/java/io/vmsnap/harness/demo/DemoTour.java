package io.vmsnap.harness.demo;

import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.EmbeddedClusterProvider;
import io.vmsnap.harness.cluster.VmsnapHome;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.machine.GuestConsole;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/** The tour: a running guest, two snapshots while it writes, power-off, and the proof. */
public final class DemoTour {
  private static final String NAMESPACE_PREFIX = "demo";
  private static final String FIRST = "before-upgrade";
  private static final String SECOND = "after-upgrade";

  private final Steps steps;
  private final boolean keep;
  private final VmsnapHome home = VmsnapHome.ofThisProject();
  private final Path place = home.project().resolve(".vmsnap/demo");

  private Cluster cluster;
  private String namespace;
  private Machine machine;
  private DemoProof proof;

  public DemoTour(PrintStream out, boolean keep) {
    boolean terminal = System.console() != null && System.console().isTerminal();
    this.steps = new Steps(out, terminal);
    this.keep = keep;
  }

  /** Whether all of it came true. What was started is stopped in any case. */
  public boolean run() {
    Thread onInterrupt = Thread.ofPlatform().unstarted(this::close);
    Runtime.getRuntime().addShutdownHook(onInterrupt);
    try {
      steps.heading("vmsnap demo: VMware-style snapshots of a running QEMU machine");
      start();
      takeSnapshots();
      show();
      powerOffAndProve();
      checkInTheGuest();
      paint();
      if (keep) {
        keepUp();
      }
      steps.run("clean up", note -> cleanUp());
      steps.heading("All of it is true (%d s).".formatted(steps.sinceBegin().toSeconds()));
      return true;
    } catch (Exception e) {
      steps.heading(steps.colored("31", "The demo failed: ") + e.getMessage());
      if (cluster != null && namespace != null) {
        cluster.dump(namespace, System.err);
        System.err.println("files and logs: " + place);
      }
      return false;
    } finally {
      close();
    }
  }

  private void start() throws Exception {
    steps.run(
        "guest image",
        note -> {
          GuestImage image = GuestImage.get(note::show);
          return "Linux and busybox in " + shortened(image.directory());
        });
    steps.run(
        "Kubernetes on this machine",
        note -> {
          deleteTree(place);
          EmbeddedClusterProvider provider = EmbeddedClusterProvider.in(place);
          provider
              .unavailable()
              .ifPresent(
                  why -> {
                    throw new IllegalStateException(why);
                  });
          cluster = provider.open(note::show);
          cluster.operator().start();
          namespace = cluster.createNamespace(NAMESPACE_PREFIX);
          return "API server %s, one node, the operator"
              .formatted(cluster.client().getKubernetesVersion().getGitVersion());
        });
    steps.run(
        "VirtualMachine web",
        note -> {
          machine =
              Machine.apply(
                  cluster,
                  namespace,
                  MachineSpec.writer("web", cluster.guestImageClass().orElseThrow()));
          note.show("guest boots");
          machine.awaitRunning();
          proof = new DemoProof(machine.directory());
          return "runs in pod %s under %s"
              .formatted(machine.pod().orElse("?"), machine.get().getStatus().accelerator());
        });
  }

  private void takeSnapshots() throws Exception {
    write("guest writes records", 15);
    snapshot(FIRST, "taken while the guest writes");
    steps.run("base disk is frozen", note -> proof.freezeBase());
    write("guest goes on", 15);
    snapshot(SECOND, "the second one");
    write("guest goes on", 15);
  }

  private void write(String title, int more) throws Exception {
    steps.run(
        title,
        note -> {
          GuestConsole console = machine.console();
          int goal = console.records() + more;
          while (console.records() < goal) {
            note.show(console.records() + " records synced to disk");
            machine.awaitRecords(console.records() + 1);
          }
          return console.records() + " records synced to disk";
        });
  }

  private void snapshot(String name, String description) throws Exception {
    steps.run(
        "VMSnapshot " + name,
        note -> {
          int before = machine.console().records();
          machine.snapshot(name, description);
          VMSnapshot snapshot = machine.awaitReady(name);
          VMSnapshotStatus status = snapshot.getStatus();
          proof.expectAtLeast(status, before);
          return "Ready, guest stopped for %s of %s ms, writes go to %s"
              .formatted(
                  millis(status.timing().stunMillis()),
                  millis(status.timing().totalMillis()),
                  status.disks().getFirst().writesTo());
        });
  }

  private void show() throws Exception {
    Path kubectl = Tool.find("kubectl");
    if (kubectl == null) {
      steps.heading("kubectl is not installed here, so its view is not shown");
      return;
    }
    steps.heading("$ kubectl get vmx,vmsnap");
    steps.text(
        Tool.of(
                kubectl.toString(),
                "--kubeconfig",
                cluster.kubeconfig().toString(),
                "-n",
                namespace,
                "get",
                "vmx,vmsnap")
            .output());
    steps.heading("And now the proof");
  }

  private void powerOffAndProve() throws Exception {
    steps.run(
        "power off",
        note -> {
          machine.apply(
              MachineSpec.writer("web", cluster.guestImageClass().orElseThrow())
                  .with(PowerState.PoweredOff));
          machine.awaitPoweredOff();
          GuestConsole console = machine.console();
          proof.expectInTheEnd(console.records());
          return "by the ACPI power button, %d records in all".formatted(console.records());
        });
    steps.run("base disk is unchanged", note -> proof.baseIsUnchanged());
    steps.run("deltas grow in 16 MiB steps", note -> proof.deltasHaveSteps());
    steps.run("qemu-img reads the deltas as VMDK", note -> proof.qemuImgReadsThem());
    steps.run("both indexes tell the same", note -> proof.bothIndexesAgree());
    steps.run("every record is where it belongs", note -> proof.recordsAreThere(note::show));
    steps.heading("$ vmsnap tree " + shortened(machine.directory()));
    steps.text(
        Tool.of(home.launcher().toString(), "tree", machine.directory().toString())
            .with(home.environment())
            .output());
    steps.text(proof.listing());
    steps.heading("And in the guest");
  }

  private void checkInTheGuest() throws Exception {
    steps.run(
        "the guest checks its disk",
        note -> {
          machine.apply(
              MachineSpec.writer("web", cluster.guestImageClass().orElseThrow()).in("check"));
          machine.awaitRunning();
          GuestConsole.Verification found = machine.awaitVerification();
          if (!found.ok()) {
            throw new IllegalStateException("the guest says: " + found.detail());
          }
          if (found.records() != proof.recordsInTheEnd()) {
            throw new IllegalStateException(
                "the guest finds %d records, not %d"
                    .formatted(found.records(), proof.recordsInTheEnd()));
          }
          return "verify ok, " + found.detail();
        });
  }

  private void paint() throws Exception {
    steps.run(
        "a picture",
        note -> {
          Path file = home.project().resolve("target/demo/chain.svg");
          ChainPicture.write(file, "web: two snapshots, three disks", proof.picture());
          return shortened(file);
        });
  }

  private void keepUp() throws InterruptedException {
    steps.heading("The cluster stays up until Ctrl-C. In another shell:");
    steps.text(
        """
        export KUBECONFIG=%s
        kubectl config set-context --current --namespace=%s
        kubectl get vmx,vmsnap -w
        kubectl describe vmsnap %s
        kubectl get pods,pvc,jobs
        kubectl logs -l vmsnap.io/vm-name=web -f
        kubectl explain vmsnap.spec
        ls -ls %s
        """
            .formatted(cluster.kubeconfig(), namespace, FIRST, machine.directory()));
    new CountDownLatch(1).await();
  }

  private String cleanUp() throws IOException {
    cluster.deleteNamespace(namespace);
    close();
    deleteTree(place);
    return "cluster stopped, its directory deleted";
  }

  private synchronized void close() {
    if (cluster != null) {
      Cluster open = cluster;
      cluster = null;
      open.close();
    }
  }

  private String shortened(Path path) {
    Path project = home.project();
    String user = System.getProperty("user.home");
    return path.startsWith(project)
        ? project.relativize(path).toString()
        : path.toString().replaceFirst("^" + java.util.regex.Pattern.quote(user), "~");
  }

  private static String millis(Double value) {
    return value == null ? "?" : value < 10 ? "%.1f".formatted(value) : "%.0f".formatted(value);
  }

  private static void deleteTree(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
