package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.Directory;
import io.vmsnap.api.v1alpha1.Disk;
import io.vmsnap.api.v1alpha1.Hardware;
import io.vmsnap.api.v1alpha1.Names;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec;
import io.vmsnap.operator.status.Violation;
import io.vmsnap.task.RunnerStatus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The rules of the VirtualMachine definition once more, for API servers that do not know CEL
 * (before 1.25) and for resources stored before a rule existed. Fields that any API server checks
 * by the schema (patterns, ranges, enumerations) are left to it.
 */
public final class VirtualMachineRules {
  private VirtualMachineRules() {}

  /** Every broken rule, in the order of the spec; empty if all hold. */
  public static List<Violation> check(VirtualMachine vm) {
    List<Violation> found = new ArrayList<>();
    VirtualMachineSpec spec = vm.getSpec();
    if (spec == null || spec.directory() == null || spec.disks().isEmpty()) {
      found.add(new Violation("spec", "directory and at least one disk are required"));
      return found;
    }
    name(found, vm.getMetadata().getName());
    memory(found, spec.hardware());
    directory(found, spec.directory());
    disks(found, spec.disks());
    ports(found, spec.network().ports());
    if (vm.getStatus() != null) {
      found.addAll(AcceptedLayout.of(vm.getStatus()).check(spec));
    }
    return found;
  }

  private static void name(List<Violation> found, String name) {
    if (name.length() > Names.MAX_VM_NAME || !name.matches(Names.DNS_LABEL)) {
      found.add(
          new Violation(
              "metadata.name",
              "metadata.name becomes a file name: at most 50 lower-case letters, digits and hyphens, no dots"));
    } else if (name.matches(".*" + Names.LOOKS_LIKE_A_DISK_FILE)) {
      found.add(
          new Violation(
              "metadata.name",
              "metadata.name must not end like a disk file: in a hyphen and six digits, or in -flat,"
                  + " -delta or -ctk"));
    }
  }

  private static void memory(List<Violation> found, Hardware hardware) {
    if (!BinarySize.isValid(hardware.memory())) {
      found.add(new Violation("spec.hardware.memory", "write a whole number and Mi, Gi or Ti"));
      return;
    }
    long bytes = BinarySize.parse(hardware.memory());
    if (bytes < Hardware.MIN_MEMORY_BYTES) {
      found.add(new Violation("spec.hardware.memory", "memory must be at least 32Mi"));
    } else if (bytes > Hardware.MAX_MEMORY_BYTES) {
      found.add(new Violation("spec.hardware.memory", "memory must be at most 4Ti"));
    }
  }

  private static void directory(List<Violation> found, Directory directory) {
    if ((directory.claimName() == null) == (directory.claimTemplate() == null)) {
      found.add(new Violation("spec.directory", "give exactly one of claimName and claimTemplate"));
    }
    if (directory.reclaimPolicy() == Directory.ReclaimPolicy.Delete
        && directory.claimTemplate() == null) {
      found.add(
          new Violation(
              "spec.directory.reclaimPolicy",
              "reclaimPolicy Delete needs a claimTemplate: a given claim is never deleted"));
    }
  }

  private static void disks(List<Violation> found, List<Disk> disks) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < disks.size(); i++) {
      Disk disk = disks.get(i);
      String field = "spec.disks[" + i + "]";
      if (!names.add(disk.name())) {
        found.add(new Violation(field + ".name", "'" + disk.name() + "' is taken by another disk"));
      }
      if (disk.size() == null && disk.source() == null) {
        found.add(new Violation(field, "a disk without a source is blank and needs a size"));
      }
      if (disk.size() != null
          && (!BinarySize.isValid(disk.size()) || BinarySize.parse(disk.size()) > Disk.MAX_BYTES)) {
        found.add(
            new Violation(
                field + ".size",
                "size must be at most 2040Gi, the limit of VMFS sparse delta disks"));
      }
    }
  }

  private static void ports(List<Violation> found, List<VirtualMachineSpec.Port> ports) {
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < ports.size(); i++) {
      VirtualMachineSpec.Port port = ports.get(i);
      String field = "spec.network.ports[" + i + "]";
      if (port.port() == RunnerStatus.PORT) {
        found.add(
            new Violation(field + ".port", "port 8093 is taken by the runner's own HTTP server"));
      }
      if (!keys.add(port.port() + "/" + port.protocol())) {
        found.add(new Violation(field, "port " + port.port() + " is listed twice"));
      }
    }
  }
}
