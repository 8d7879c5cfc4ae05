package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec;
import io.vmsnap.disk.DiskTool;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/** A directory that VMware left on a claim becomes a machine, with its snapshots. */
@ClusterTest
class AdoptClusterIT {
  private static final String CLAIM = "from-vmware";
  private static final String STEM = "old server";

  @Test
  void aDirectoryOfVmwareBecomesAMachine(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    String storageClass = cluster.guestImageClass().orElseThrow();
    Path directory = claim(cluster, namespace, storageClass);
    makeForeign(directory);

    Machine machine =
        Machine.apply(
            cluster,
            namespace.name(),
            MachineSpec.writer("shop", storageClass).in("idle").adopting(CLAIM));
    machine.awaitRunning();

    Eventually.holds(
        "both snapshots are listed",
        Machine.PATIENCE,
        () -> machine.get().getStatus().unmanagedSnapshots().size() == 2,
        () -> machine.get().getStatus().toString());
    assertThat(directory.resolve("shop.vmx")).content().contains("vendor.key = \"kept\"");
    assertThat(directory.resolve(STEM + ".vmx")).doesNotExist();
    assertThat(directory.resolve(STEM + "-Snapshot2.vmsn")).hasContent("VMware's memory");
    String frozen = STEM + "-000001.vmdk";
    assertThat(DiskTool.run(directory, "qemu-img", "compare", frozen, ".vmsnap/adopted/" + frozen))
        .contains("identical");

    VMSnapshot imported = Machine.snapshotOf(namespace.name(), "shop", "running", null);
    imported.getMetadata().setAnnotations(Map.of(Annotations.IMPORT, "2"));
    cluster.client().resource(imported).create();
    assertThat(machine.awaitReady("running").getStatus().uid()).isEqualTo(2);

    machine.revert("back", "running", VMSnapshotRevertSpec.Power.PoweredOn, false);
    machine.awaitReverted("back");
    machine.awaitRunning();
  }

  private static Path claim(Cluster cluster, ClusterNamespace namespace, String storageClass)
      throws Exception {
    PersistentVolumeClaim claim =
        new PersistentVolumeClaimBuilder()
            .withNewMetadata()
            .withName(CLAIM)
            .withNamespace(namespace.name())
            .endMetadata()
            .withNewSpec()
            .withStorageClassName(storageClass)
            .withAccessModes("ReadWriteOnce")
            .withNewResources()
            .withRequests(Map.of("storage", new Quantity("2Gi")))
            .endResources()
            .endSpec()
            .build();
    cluster.client().resource(claim).create();
    if (!cluster.provider().equals("embedded")) {
      throw new TestAbortedException("the files of a claim are on another host than this");
    }
    Eventually.holds(
        "the claim has its volume",
        Duration.ofSeconds(60),
        () -> cluster.claimDirectory(namespace.name(), CLAIM).isPresent(),
        () -> CLAIM);
    Optional<Path> directory = cluster.claimDirectory(namespace.name(), CLAIM);
    return directory.orElseThrow();
  }

  /** As Workstation leaves it; the guest's disk in three layers. */
  private static void makeForeign(Path directory) throws IOException {
    String base = STEM + ".vmdk";
    String first = STEM + "-000001.vmdk";
    long end = Files.size(directory.resolve(GuestImage.DATA)) - (64 << 10);
    DiskTool.run(
        directory, "qemu-img", "convert", "-f", "raw", "-O", "vmdk", GuestImage.DATA, base);
    DiskTool.run(directory, "qemu-img", "create", "-f", "vmdk", "-F", "vmdk", "-b", base, first);
    DiskTool.run(directory, "qemu-io", "-f", "vmdk", "-c", "write -P 0x5a " + end + " 64k", first);
    DiskTool.run(
        directory,
        "qemu-img",
        "create",
        "-f",
        "vmdk",
        "-F",
        "vmdk",
        "-b",
        first,
        STEM + "-000002.vmdk");
    Files.writeString(
        directory.resolve(STEM + ".vmx"),
        """
        .encoding = "UTF-8"
        config.version = "8"
        virtualHW.version = "19"
        displayName = "Old server"
        scsi0.present = "TRUE"
        scsi0:0.present = "TRUE"
        scsi0:0.fileName = "old server-000002.vmdk"
        vendor.key = "kept"
        """);
    Files.writeString(
        directory.resolve(STEM + ".vmsd"),
        """
        .encoding = "UTF-8"
        snapshot.lastUID = "2"
        snapshot.current = "2"
        snapshot0.uid = "1"
        snapshot0.filename = "old server-Snapshot1.vmsn"
        snapshot0.displayName = "clean"
        snapshot0.createTimeHigh = "412345"
        snapshot0.createTimeLow = "1"
        snapshot0.numDisks = "1"
        snapshot0.disk0.fileName = "old server.vmdk"
        snapshot0.disk0.node = "scsi0:0"
        snapshot1.uid = "2"
        snapshot1.filename = "old server-Snapshot2.vmsn"
        snapshot1.parent = "1"
        snapshot1.displayName = "running"
        snapshot1.type = "1"
        snapshot1.createTimeHigh = "412345"
        snapshot1.createTimeLow = "2"
        snapshot1.numDisks = "1"
        snapshot1.disk0.fileName = "old server-000001.vmdk"
        snapshot1.disk0.node = "scsi0:0"
        snapshot.numSnapshots = "2"
        """);
    for (int uid = 1; uid <= 2; uid++) {
      Files.writeString(directory.resolve(STEM + "-Snapshot" + uid + ".vmsn"), "VMware's memory");
    }
  }
}
