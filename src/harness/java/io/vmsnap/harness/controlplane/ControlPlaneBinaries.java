package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The programs of a control plane, wherever they were found. Nothing is downloaded or built here:
 * {@code ./vmsnap setup} does that.
 *
 * @param etcd 3.4 or newer
 * @param apiServer {@code kube-apiserver}
 * @param controllerManager {@code kube-controller-manager} of the same release, for garbage
 *     collection, jobs and volume binding
 */
public record ControlPlaneBinaries(Path etcd, Path apiServer, Path controllerManager) {
  private static final String SERVER = "kube-apiserver";
  private static final String CONTROLLERS = "kube-controller-manager";

  /** Searches where {@code ./vmsnap setup} puts them or finds them, in the same order. */
  public static ControlPlaneBinaries find() {
    Map<String, String> environment = System.getenv();
    Path home = Path.of(System.getProperty("user.home"));
    return find(environment, home);
  }

  /**
   * @param environment {@code KUBEBUILDER_ASSETS}, {@code XDG_CACHE_HOME} and {@code PATH} count
   * @throws ControlPlaneException if something is missing; the message lists where it was searched
   */
  static ControlPlaneBinaries find(Map<String, String> environment, Path home) {
    List<Path> searched = candidates(environment, home);
    Path directory =
        searched.stream()
            .filter(d -> executable(d.resolve(SERVER)) && executable(d.resolve(CONTROLLERS)))
            .findFirst()
            .orElseThrow(
                () ->
                    new ControlPlaneException(
                        "no directory has both %s and %s; run ./vmsnap setup. Searched: %s"
                            .formatted(SERVER, CONTROLLERS, searched)));
    Path etcd =
        Stream.concat(Stream.of(directory), searchPath(environment))
            .map(d -> d.resolve("etcd"))
            .filter(ControlPlaneBinaries::executable)
            .findFirst()
            .orElseThrow(
                () ->
                    new ControlPlaneException(
                        "no etcd in %s or on the PATH; run ./vmsnap setup".formatted(directory)));
    return new ControlPlaneBinaries(
        etcd, directory.resolve(SERVER), directory.resolve(CONTROLLERS));
  }

  /** {@code kubectl} beside the API server, else on the PATH; only people and tests need it. */
  public Optional<Path> kubectl() {
    return Stream.concat(searchPath(System.getenv()), Stream.of(apiServer.getParent()))
        .map(d -> d.resolve("kubectl"))
        .filter(ControlPlaneBinaries::executable)
        .findFirst();
  }

  private static List<Path> candidates(Map<String, String> environment, Path home) {
    List<Path> directories = new ArrayList<>();
    present(environment, "KUBEBUILDER_ASSETS").map(Path::of).ifPresent(directories::add);
    directories.addAll(newestFirst(home.resolve(".kubeapitest/k8s")));
    Path cache =
        present(environment, "XDG_CACHE_HOME").map(Path::of).orElse(home.resolve(".cache"));
    directories.addAll(newestFirst(cache.resolve("vmsnap/kubernetes")));
    return directories;
  }

  private static List<Path> newestFirst(Path parent) {
    if (!Files.isDirectory(parent)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(parent)) {
      return children
          .filter(c -> c.getFileName().toString().matches("v?\\d+\\.\\d+\\.\\d+.*"))
          .sorted(
              Comparator.comparing((Path c) -> KubernetesVersion.parse(c.getFileName().toString()))
                  .reversed())
          .toList();
    } catch (IOException e) {
      throw new ControlPlaneException("cannot list " + parent, e);
    }
  }

  private static Stream<Path> searchPath(Map<String, String> environment) {
    return Stream.of(environment.getOrDefault("PATH", "").split(":"))
        .filter(s -> !s.isBlank())
        .map(Path::of);
  }

  private static Optional<String> present(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(s -> !s.isBlank());
  }

  private static boolean executable(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }
}
