package io.vmsnap.harness.machine;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.vmsnap.api.v1alpha1.Directory;
import io.vmsnap.api.v1alpha1.Disk;
import io.vmsnap.api.v1alpha1.Hardware;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec;
import io.vmsnap.harness.guest.GuestImage;
import java.util.ArrayList;
import java.util.List;

/**
 * A VirtualMachine that boots the demo guest.
 *
 * @param mode of the guest: writer, idle or check
 * @param storageClass whose volumes hold the guest's files
 * @param adopted the claim with a directory of VMware's that it adopts; null for one of its own
 * @param dataDisks 1, or 2 with a blank one to which the writer's blocks go
 */
public record MachineSpec(
    String name,
    String mode,
    PowerState power,
    String storageClass,
    int dataDisks,
    int pause,
    Hardware hardware,
    String adopted) {
  /** What an adopted directory calls the base of its disk. */
  public static final String ADOPTED_DISK = "old server.vmdk";

  private static final Hardware SMALL = new Hardware(1, "256Mi", null, null, null);

  public static MachineSpec writer(String name, String storageClass) {
    return new MachineSpec(name, "writer", PowerState.PoweredOn, storageClass, 1, 10, SMALL, null);
  }

  public MachineSpec in(String otherMode) {
    return new MachineSpec(
        name, otherMode, power, storageClass, dataDisks, pause, hardware, adopted);
  }

  public MachineSpec with(PowerState other) {
    return new MachineSpec(name, mode, other, storageClass, dataDisks, pause, hardware, adopted);
  }

  public MachineSpec withDisks(int count) {
    return new MachineSpec(name, mode, power, storageClass, count, pause, hardware, adopted);
  }

  /**
   * @param memory a quantity, such as 1Gi
   */
  public MachineSpec withHardware(int cpus, String memory) {
    Hardware larger = new Hardware(cpus, memory, null, null, null);
    return new MachineSpec(name, mode, power, storageClass, dataDisks, pause, larger, adopted);
  }

  /** The machine of a directory of VMware's on a claim that is there. */
  public MachineSpec adopting(String claim) {
    return new MachineSpec(name, mode, power, null, dataDisks, pause, hardware, claim);
  }

  private Directory directory() {
    return adopted == null
        ? new Directory(
            null, new Directory.ClaimTemplate("2Gi", storageClass, null), null, null, null)
        : new Directory(adopted, null, null, null, true);
  }

  VirtualMachine resource(String namespace) {
    List<Disk> disks = new ArrayList<>();
    String first = adopted == null ? GuestImage.DATA : ADOPTED_DISK;
    disks.add(new Disk("data", null, new Disk.Source(first)));
    for (int number = 1; number < dataDisks; number++) {
      disks.add(new Disk("blocks-" + number, "64Mi", null));
    }
    VirtualMachine machine = new VirtualMachine();
    machine.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(namespace).build());
    machine.setSpec(
        new VirtualMachineSpec(
            power,
            hardware,
            directory(),
            disks,
            new VirtualMachineSpec.Boot(
                GuestImage.KERNEL,
                GuestImage.INITRD,
                GuestImage.CMDLINE + " vmsnap.mode=" + mode + " vmsnap.pause=" + pause),
            null,
            true,
            null));
    return machine;
  }
}
