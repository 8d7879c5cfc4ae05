package io.vmsnap.operator.dependent;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Hardware;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.log.LogSubject;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.VmDefinition;
import java.math.BigDecimal;
import java.util.List;

/**
 * The pod that runs a machine. Its name follows from the machine's name alone, so the API server
 * itself sees to it that a machine never runs twice: two QEMUs on one disk would destroy it.
 */
public final class RunnerPod {
  public static final String CONTAINER = "runner";

  /** Time beyond the guest's power-down: sealing the deltas. */
  private static final long SEAL_SECONDS = 30;

  private RunnerPod() {}

  public static String nameOf(VirtualMachine vm) {
    return vm.getMetadata().getName() + "-runner";
  }

  public static Pod desired(VirtualMachine vm, OperatorConfig config) {
    VmDefinition definition = VmDefinitions.of(vm, config.stopTimeout());
    return new PodBuilder()
        .withNewMetadata()
        .withName(nameOf(vm))
        .withNamespace(vm.getMetadata().getNamespace())
        .withLabels(ChildLabels.of(vm.getMetadata().getName(), Labels.RUNNER))
        .addToAnnotations(Annotations.SPEC_HASH, hash(vm, config))
        .withOwnerReferences(PodShape.owner(vm))
        .endMetadata()
        .withNewSpecLike(PodShape.spec(vm, container(vm, definition, config), config))
        .withTerminationGracePeriodSeconds(config.stopTimeout().toSeconds() + SEAL_SECONDS)
        .endSpec()
        .build();
  }

  /** Hash of what a running machine can only take up by a restart. */
  public static String hash(VirtualMachine vm, OperatorConfig config) {
    return SpecHash.of(VmDefinitions.of(vm, config.stopTimeout()), vm.getSpec().directory().path());
  }

  private static Container container(
      VirtualMachine vm, VmDefinition definition, OperatorConfig config) {
    ContainerBuilder container =
        PodShape.container(vm, CONTAINER, List.of("vmsnap", "runner"), config)
            .addToEnv(
                PodShape.variable(VmDefinition.ENVIRONMENT_VARIABLE, TaskJson.write(definition)),
                PodShape.variable("VMSNAP_TERMINATION_LOG", PodShape.TERMINATION_LOG),
                new EnvVarBuilder()
                    .withName("POD_IP")
                    .withNewValueFrom()
                    .withNewFieldRef()
                    .withFieldPath("status.podIP")
                    .endFieldRef()
                    .endValueFrom()
                    .build())
            .addAllToEnv(PodShape.log(LogSubject.of(vm), config))
            .withPorts(port("vmsnap-http", RunnerStatus.PORT, "TCP"))
            .withResources(resources(vm.getSpec().hardware(), config))
            // no start-up limit: a first start may copy a large image before the guest boots
            .withReadinessProbe(probe(5, 3))
            .withLivenessProbe(probe(10, 12));
    for (VirtualMachineSpec.Port port : vm.getSpec().network().ports()) {
      container.addToPorts(port(port.name(), port.port(), port.protocol().name()));
    }
    return container.build();
  }

  private static ContainerPort port(String name, int number, String protocol) {
    return new ContainerPortBuilder()
        .withName(name)
        .withContainerPort(number)
        .withProtocol(protocol)
        .build();
  }

  private static Probe probe(int period, int failures) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath("/healthz")
        .withNewPort(RunnerStatus.PORT)
        .endHttpGet()
        .withPeriodSeconds(period)
        .withTimeoutSeconds(5)
        .withFailureThreshold(failures)
        .build();
  }

  private static ResourceRequirements resources(Hardware hardware, OperatorConfig config) {
    BigDecimal memory =
        Quantity.getAmountInBytes(new Quantity(hardware.memory()))
            .add(Quantity.getAmountInBytes(new Quantity(config.runnerOverhead())));
    BigDecimal cpu =
        new Quantity(config.cpuRequest())
            .getNumericalAmount()
            .multiply(BigDecimal.valueOf(hardware.cpus()));
    ResourceRequirementsBuilder resources =
        new ResourceRequirementsBuilder()
            .addToRequests("memory", new Quantity(memory.toBigInteger().toString()))
            .addToRequests("cpu", new Quantity(cpu.movePointRight(3).toBigInteger() + "m"));
    if (config.kvmResource().isPresent() && hardware.accelerator() != Hardware.Accelerator.TCG) {
      Quantity one = new Quantity("1");
      resources
          .addToRequests(config.kvmResource().get(), one)
          .addToLimits(config.kvmResource().get(), one);
    }
    return resources.build();
  }
}
