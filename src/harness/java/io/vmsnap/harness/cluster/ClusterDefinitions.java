package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Applies the project's {@code crds/} to a cluster. */
public final class ClusterDefinitions {
  private ClusterDefinitions() {}

  /** Applies all of them and waits until the API serves them. */
  public static void apply(KubernetesClient client, Path project) throws IOException {
    List<Path> files;
    try (Stream<Path> listed = Files.list(project.resolve("crds"))) {
      files =
          listed
              .filter(f -> f.toString().endsWith(".yml") || f.toString().endsWith(".yaml"))
              .sorted()
              .toList();
    }
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        for (HasMetadata item : client.load(in).items()) {
          createOrReplace(client, item);
          if (item instanceof CustomResourceDefinition definition) {
            awaitEstablished(client, definition.getMetadata().getName());
          }
        }
      }
    }
  }

  /** No server-side apply: API servers before 1.25 refuse it for schemas with CEL rules. */
  private static void createOrReplace(KubernetesClient client, HasMetadata item) {
    HasMetadata existing = client.resource(item).get();
    if (existing == null) {
      client.resource(item).create();
    } else {
      item.getMetadata().setResourceVersion(existing.getMetadata().getResourceVersion());
      client.resource(item).update();
    }
  }

  private static void awaitEstablished(KubernetesClient client, String name) {
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName(name)
        .waitUntilCondition(
            crd ->
                crd != null
                    && crd.getStatus() != null
                    && crd.getStatus().getConditions() != null
                    && crd.getStatus().getConditions().stream()
                        .anyMatch(
                            c -> c.getType().equals("Established") && c.getStatus().equals("True")),
            30,
            TimeUnit.SECONDS);
  }
}
