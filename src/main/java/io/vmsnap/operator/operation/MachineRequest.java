package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.dependent.SpecHash;
import java.util.Optional;

/**
 * An operation that a machine's own resource asks for. Each is served once, well or not: what
 * failed for good is not tried again before it is asked for anew.
 *
 * @param hash of what it is asked with
 */
public record MachineRequest(OperationKind kind, String hash) {

  /** The one that is asked for and was not served; empty for none. */
  public static Optional<MachineRequest> open(VirtualMachine vm) {
    return suspension(vm).or(() -> consolidation(vm));
  }

  private static Optional<MachineRequest> suspension(VirtualMachine vm) {
    if (vm.getSpec() == null
        || vm.getSpec().powerState() != PowerState.Suspended
        || !MachineReadiness.isOn(vm)) {
      return Optional.empty();
    }
    MachineRequest request =
        new MachineRequest(
            OperationKind.Suspend, SpecHash.of("suspend", vm.getMetadata().getGeneration()));
    Attempt attempt = vm.getStatus().attempt();
    return attempt != null && request.hash().equals(attempt.requestHash())
        ? Optional.empty()
        : Optional.of(request);
  }

  private static Optional<MachineRequest> consolidation(VirtualMachine vm) {
    VirtualMachineStatus status = vm.getStatus();
    return token(vm)
        .filter(token -> status == null || !token.equals(status.consolidated()))
        .map(MachineRequest::consolidation);
  }

  private static MachineRequest consolidation(String token) {
    return new MachineRequest(OperationKind.Consolidate, SpecHash.of("consolidate", token));
  }

  /** The value of the annotation that an attempt was made for, if it still has that value. */
  public static Optional<String> tokenOf(VirtualMachine vm, Attempt attempt) {
    return token(vm).filter(token -> consolidation(token).hash().equals(attempt.requestHash()));
  }

  private static Optional<String> token(VirtualMachine vm) {
    return Optional.ofNullable(vm.getMetadata().getAnnotations())
        .map(annotations -> annotations.get(Annotations.CONSOLIDATE))
        .filter(token -> !token.isBlank());
  }
}
