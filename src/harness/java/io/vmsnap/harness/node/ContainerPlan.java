package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One run of a container as a process of this machine: everything resolved, expanded and with its
 * paths rewritten.
 *
 * @param mounts also used for the commands of exec probes
 * @param terminationMessage where the container leaves its message
 */
record ContainerPlan(
    List<String> command,
    Map<String, String> environment,
    Path workingDirectory,
    MountMap mounts,
    Path terminationMessage) {

  /** API default, Container v1 core. */
  static final String DEFAULT_MESSAGE_PATH = "/dev/termination-log";

  /**
   * @param variables resolved by {@link ContainerEnvironment}, paths not yet rewritten
   * @param image what the image set of it: paths of this machine, which no mount hides (the project
   *     itself may be in {@code /tmp}, and pods mount that)
   * @throws PodNotReadyException if the container cannot run as a process
   */
  static ContainerPlan of(
      Container container,
      Map<String, String> variables,
      Map<String, String> image,
      Map<String, Path> volumes,
      PodDirectory directory)
      throws PodNotReadyException {
    if (container.getCommand().isEmpty()) {
      throw new PodNotReadyException(
          "CreateContainerError",
          "container \""
              + container.getName()
              + "\" has no command: this node runs processes, not images, and cannot know an"
              + " image's entry point");
    }
    Path message = directory.terminationMessage(container.getName());
    MountMap mounts = mounts(container, variables, volumes, message);
    Map<String, String> environment = new TreeMap<>();
    variables.forEach(
        (name, value) ->
            environment.put(name, value.equals(image.get(name)) ? value : mounts.rewrite(value)));
    return new ContainerPlan(
        command(container, variables, mounts),
        environment,
        workingDirectory(container, mounts, directory),
        mounts,
        message);
  }

  private static List<String> command(
      Container container, Map<String, String> variables, MountMap mounts) {
    List<String> command = new ArrayList<>(container.getCommand());
    command.addAll(container.getArgs());
    command.replaceAll(word -> mounts.rewrite(VariableExpansion.expand(word, variables)));
    return command;
  }

  private static MountMap mounts(
      Container container, Map<String, String> variables, Map<String, Path> volumes, Path message)
      throws PodNotReadyException {
    List<MountMap.Mount> mounts = new ArrayList<>();
    for (VolumeMount mount : container.getVolumeMounts()) {
      Path volume = volumes.get(mount.getName());
      if (volume == null) {
        throw new PodNotReadyException(
            "CreateContainerConfigError", "volume \"" + mount.getName() + "\" is not in the pod");
      }
      String below = mount.getSubPath();
      if (mount.getSubPathExpr() != null && !mount.getSubPathExpr().isEmpty()) {
        below = VariableExpansion.expand(mount.getSubPathExpr(), variables);
      }
      Path place =
          below == null || below.isEmpty() ? volume : subdirectory(volume, below, mount.getName());
      mounts.add(new MountMap.Mount(mount.getMountPath(), place));
    }
    String messagePath = container.getTerminationMessagePath();
    mounts.add(
        new MountMap.Mount(messagePath == null ? DEFAULT_MESSAGE_PATH : messagePath, message));
    return new MountMap(mounts);
  }

  private static Path subdirectory(Path volume, String below, String name)
      throws PodNotReadyException {
    Path place = volume.resolve(below).normalize();
    if (!place.startsWith(volume)) {
      throw new PodNotReadyException(
          "CreateContainerConfigError",
          "subPath \"" + below + "\" leads out of volume \"" + name + "\"");
    }
    return place;
  }

  private static Path workingDirectory(
      Container container, MountMap mounts, PodDirectory directory) {
    String wanted = container.getWorkingDir();
    if (wanted == null || wanted.isEmpty()) {
      return directory.workingDirectory(container.getName());
    }
    return mounts.hostPath(wanted).orElse(Path.of(wanted));
  }
}
