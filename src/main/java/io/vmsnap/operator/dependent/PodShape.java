package io.vmsnap.operator.dependent;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.log.LogFields;
import io.vmsnap.operator.config.OperatorConfig;
import java.util.List;

/**
 * What runner and job pods have in common: the volume, the environment, and a security context that
 * passes the "restricted" Pod Security Standard.
 */
final class PodShape {
  /** Where the volume is mounted; arguments below it name the VM directory. */
  static final String MOUNT_PATH = "/vm";

  static final String TERMINATION_LOG = "/dev/termination-log";
  private static final String DIRECTORY_VOLUME = "vm-directory";
  private static final String TEMPORARY_VOLUME = "tmp";

  private PodShape() {}

  static PodSpec spec(VirtualMachine vm, Container container, OperatorConfig config) {
    return new PodSpecBuilder()
        .withRestartPolicy("Never")
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(config.userId())
        .withRunAsGroup(config.userId())
        .withFsGroup(config.userId())
        // a directory of many files would else be chowned at every start
        .withFsGroupChangePolicy("OnRootMismatch")
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(container)
        .addNewVolume()
        .withName(DIRECTORY_VOLUME)
        .withNewPersistentVolumeClaim()
        .withClaimName(DirectoryClaim.nameOf(vm))
        .endPersistentVolumeClaim()
        .endVolume()
        .addNewVolume()
        .withName(TEMPORARY_VOLUME)
        .withNewEmptyDir()
        .endEmptyDir()
        .endVolume()
        .build();
  }

  static ContainerBuilder container(
      VirtualMachine vm, String name, List<String> command, OperatorConfig config) {
    return new ContainerBuilder()
        .withName(name)
        .withImage(config.image())
        .withImagePullPolicy(config.imagePullPolicy())
        .withCommand(command)
        .withArgs("--directory", directoryPath(vm))
        .withTerminationMessagePath(TERMINATION_LOG)
        // a process that dies before it can say why leaves the end of its log
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .addNewVolumeMount()
        .withName(DIRECTORY_VOLUME)
        .withMountPath(MOUNT_PATH)
        .endVolumeMount()
        .addNewVolumeMount()
        .withName(TEMPORARY_VOLUME)
        .withMountPath("/tmp")
        .endVolumeMount();
  }

  static EnvVar variable(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }

  /** What the container's log lines are about, and in which form it writes them. */
  static List<EnvVar> log(LogFields fields, OperatorConfig config) {
    EnvVar about = variable(LogFields.ENVIRONMENT_VARIABLE, fields.text());
    return config.logJson()
        ? List.of(about, variable(LogFields.JSON_VARIABLE, "true"))
        : List.of(about);
  }

  static OwnerReference owner(CustomResource<?, ?> owner) {
    return new OwnerReferenceBuilder()
        .withApiVersion(owner.getApiVersion())
        .withKind(owner.getKind())
        .withName(owner.getMetadata().getName())
        .withUid(owner.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(false)
        .build();
  }

  private static String directoryPath(VirtualMachine vm) {
    String path = vm.getSpec().directory().path();
    return path == null ? MOUNT_PATH : MOUNT_PATH + "/" + path;
  }
}
