package io.vmsnap.runner;

import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a runner is started with.
 *
 * @param directory the VM directory
 * @param address on which status and forwarded ports are served
 * @param port of the status; 0 for any
 */
record RunnerSettings(
    Path directory,
    VmDefinition definition,
    InetAddress address,
    int port,
    Map<String, String> environment) {
  private static final String POD_IP = "POD_IP";

  /**
   * @throws RunnerFailure naming the environment variable that is missing or wrong
   */
  static RunnerSettings of(Path directory, Map<String, String> environment) throws RunnerFailure {
    String json = environment.get(VmDefinition.ENVIRONMENT_VARIABLE);
    if (json == null) {
      throw new RunnerFailure(
          TaskReason.InvalidRequest,
          VmDefinition.ENVIRONMENT_VARIABLE + " is not set: it holds the machine's definition");
    }
    VmDefinition definition;
    try {
      definition = TaskJson.read(json, VmDefinition.class);
    } catch (IOException e) {
      throw new RunnerFailure(
          TaskReason.InvalidRequest,
          VmDefinition.ENVIRONMENT_VARIABLE + " is not a machine's definition: " + e.getMessage(),
          e);
    }
    if (definition == null || definition.name() == null || definition.hardware() == null) {
      throw new RunnerFailure(
          TaskReason.InvalidRequest,
          VmDefinition.ENVIRONMENT_VARIABLE + " lacks the machine's name or hardware");
    }
    String address = environment.getOrDefault(POD_IP, "127.0.0.1");
    try {
      return new RunnerSettings(
          directory, definition, InetAddress.ofLiteral(address), RunnerStatus.PORT, environment);
    } catch (IllegalArgumentException e) {
      throw new RunnerFailure(
          TaskReason.InvalidRequest, POD_IP + " \"" + address + "\" is not an address", e);
    }
  }
}
