package io.vmsnap.operator.dependent;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.vmsnap.api.v1alpha1.Directory;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import java.util.List;
import java.util.Map;

/**
 * The claim that holds a machine's directory. It has no owner reference, unless its owner wants it
 * deleted with the machine: garbage collection would delete the disks with the machine's resource.
 * A machine of the same name takes it over.
 */
public final class DirectoryClaim {
  private DirectoryClaim() {}

  /** Name of the claim that a machine uses, given or made. */
  public static String nameOf(VirtualMachine vm) {
    Directory directory = vm.getSpec().directory();
    return directory.claimName() != null
        ? directory.claimName()
        : vm.getMetadata().getName() + "-directory";
  }

  /** The claim of a machine with a {@code claimTemplate}. */
  public static PersistentVolumeClaim desired(VirtualMachine vm) {
    Directory.ClaimTemplate template = vm.getSpec().directory().claimTemplate();
    return new PersistentVolumeClaimBuilder()
        .withNewMetadata()
        .withName(nameOf(vm))
        .withNamespace(vm.getMetadata().getNamespace())
        .addToLabels(ChildLabels.of(vm.getMetadata().getName(), Labels.DIRECTORY))
        .withOwnerReferences(owners(vm))
        .endMetadata()
        .withNewSpec()
        .withAccessModes(template.accessModes().stream().map(Enum::name).toList())
        .withStorageClassName(template.storageClassName())
        .withNewResources()
        .addToRequests("storage", new Quantity(template.size()))
        .endResources()
        .endSpec()
        .build();
  }

  /** Whether the claim was made for a machine of this name, now or earlier. */
  public static boolean isOf(PersistentVolumeClaim claim, VirtualMachine vm) {
    Map<String, String> labels = claim.getMetadata().getLabels();
    return labels != null
        && Labels.MANAGED_BY_VALUE.equals(labels.get(Labels.MANAGED_BY))
        && vm.getMetadata().getName().equals(labels.get(Labels.VM_NAME));
  }

  /** Whether a second pod could not mount the volume, not even on the same node. */
  public static boolean admitsOnePod(PersistentVolumeClaim claim) {
    return claim.getSpec() != null
        && claim.getSpec().getAccessModes() != null
        && claim.getSpec().getAccessModes().contains("ReadWriteOncePod");
  }

  /** Whether the garbage collector would do another thing with the claim than the spec says. */
  public static boolean mustChangeHands(PersistentVolumeClaim claim, VirtualMachine vm) {
    boolean owned =
        claim.getMetadata().getOwnerReferences().stream()
            .anyMatch(owner -> owner.getUid().equals(vm.getMetadata().getUid()));
    return owned != dies(vm);
  }

  private static boolean dies(VirtualMachine vm) {
    return vm.getSpec().directory().reclaimPolicy() == Directory.ReclaimPolicy.Delete;
  }

  private static List<OwnerReference> owners(VirtualMachine vm) {
    return dies(vm) ? List.of(PodShape.owner(vm)) : List.of();
  }

  /** Whether the machine asks for more space than its claim does. */
  public static boolean mustGrow(PersistentVolumeClaim claim, VirtualMachine vm) {
    Quantity asked = claim.getSpec().getResources().getRequests().get("storage");
    Quantity wanted = new Quantity(vm.getSpec().directory().claimTemplate().size());
    return asked != null && wanted.getNumericalAmount().compareTo(asked.getNumericalAmount()) > 0;
  }
}
