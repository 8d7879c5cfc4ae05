package io.vmsnap.harness.node;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/**
 * What a local node is told.
 *
 * @param name of the Node object
 * @param dataDirectory volumes, logs and working files; a restart with the same one is the same
 *     node
 * @param imageEnvironment what a container image would set: {@code PATH} with {@code vmsnap} in it,
 *     {@code JAVA_HOME}; containers see nothing else of this process's environment
 * @param storageClasses by name, how new volumes are filled; {@code standard} is the default class
 * @param tls a server certificate for the node, and trust in the authority of the API server's
 *     kubelet client certificate; without it the log server does not start
 * @param firstBackOff wait before the second restart of a container; each further wait doubles up
 *     to 5 minutes
 * @param cpus advertised; processes are not confined, so this may be more than the machine has
 */
public record NodeConfig(
    String name,
    Path dataDirectory,
    Map<String, String> imageEnvironment,
    Map<String, VolumeSeeder> storageClasses,
    Optional<Function<String, SSLContext>> tls,
    Duration firstBackOff,
    int cpus) {

  public static final String DEFAULT_CLASS = "standard";

  /** QEMU under TCG is content with a share of a core, so the node offers each core four times. */
  private static final int CPU_OVERCOMMIT = 4;

  public static NodeConfig of(String name, Path dataDirectory) {
    return new NodeConfig(
        name,
        dataDirectory.toAbsolutePath(),
        Map.of("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin")),
        Map.of(DEFAULT_CLASS, VolumeSeeder.EMPTY),
        Optional.empty(),
        Duration.ofSeconds(10),
        Runtime.getRuntime().availableProcessors() * CPU_OVERCOMMIT);
  }

  public NodeConfig withImageEnvironment(Map<String, String> environment) {
    return new NodeConfig(
        name, dataDirectory, environment, storageClasses, tls, firstBackOff, cpus);
  }

  public NodeConfig withStorageClasses(Map<String, VolumeSeeder> classes) {
    return new NodeConfig(name, dataDirectory, imageEnvironment, classes, tls, firstBackOff, cpus);
  }

  public NodeConfig withTls(Function<String, SSLContext> forAddress) {
    return new NodeConfig(
        name,
        dataDirectory,
        imageEnvironment,
        storageClasses,
        Optional.of(forAddress),
        firstBackOff,
        cpus);
  }

  public NodeConfig withFirstBackOff(Duration wait) {
    return new NodeConfig(name, dataDirectory, imageEnvironment, storageClasses, tls, wait, cpus);
  }
}
