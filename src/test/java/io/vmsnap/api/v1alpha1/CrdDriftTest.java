package io.vmsnap.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Fails while {@code crds/} or the API reference is not what the types generate. */
class CrdDriftTest {
  private static final String REGENERATE =
      "differs from the API types; to write it anew:"
          + " ./mvnw test -Dtest=CrdDriftTest -Dvmsnap.crds.write=true";

  @Test
  void definitionsAreWhatTheTypesGenerate() throws IOException {
    Path directory = Path.of("crds");
    Map<String, String> expected = CrdGeneration.yaml();

    writeIfAsked(directory, expected);

    assertThat(names(directory))
        .as("files in crds/")
        .containsExactlyInAnyOrderElementsOf(expected.keySet());
    for (Map.Entry<String, String> file : expected.entrySet()) {
      assertThat(directory.resolve(file.getKey()))
          .as("crds/%s %s", file.getKey(), REGENERATE)
          .content()
          .isEqualTo(file.getValue());
    }
  }

  /** kustomize takes no files from beside its directory, so the base has copies. */
  @Test
  void manifestsCarryTheSameDefinitions() throws IOException {
    Path directory = Path.of("deploy", "base");
    Map<String, String> expected = new TreeMap<>();
    CrdGeneration.yaml()
        .forEach((name, text) -> expected.put("crd-" + name.replace("vmsnap.io_", ""), text));

    writeIfAsked(directory, expected);

    for (Map.Entry<String, String> file : expected.entrySet()) {
      assertThat(directory.resolve(file.getKey()))
          .as("deploy/base/%s %s", file.getKey(), REGENERATE)
          .content()
          .isEqualTo(file.getValue());
    }
  }

  /** Neither does Helm, so the chart has copies of definitions and of the operator's rights. */
  @Test
  void chartCarriesTheSameDefinitionsAndRights() throws IOException {
    Path definitions = Path.of("helm", "vmsnap", "files", "crds");
    Map<String, String> expected = CrdGeneration.yaml();
    Path files = definitions.getParent();
    Map<String, String> rights = Map.of("rules.yaml", rulesOf(Path.of("deploy/base/rbac.yaml")));

    writeIfAsked(definitions, expected);
    writeIfAsked(files, rights);

    assertThat(names(definitions))
        .as("files in %s", definitions)
        .containsExactlyInAnyOrderElementsOf(expected.keySet());
    for (Map.Entry<String, String> file : expected.entrySet()) {
      assertThat(definitions.resolve(file.getKey()))
          .as("%s/%s %s", definitions, file.getKey(), REGENERATE)
          .content()
          .isEqualTo(file.getValue());
    }
    assertThat(files.resolve("rules.yaml"))
        .as("helm/vmsnap/files/rules.yaml: the rules of deploy/base/rbac.yaml %s", REGENERATE)
        .content()
        .isEqualTo(rights.get("rules.yaml"));
  }

  private static String rulesOf(Path manifest) throws IOException {
    String role =
        Arrays.stream(Files.readString(manifest).split("(?m)^---\n"))
            .filter(document -> document.contains("\nkind: ClusterRole\n"))
            .findFirst()
            .orElseThrow();
    return """
        # From deploy/base/rbac.yaml; do not edit. To write it anew:
        # ./mvnw test -Dtest=CrdDriftTest -Dvmsnap.crds.write=true
        """
        + role.substring(role.indexOf("\nrules:\n") + 1);
  }

  @Test
  void referenceIsWhatTheTypesGenerate() throws IOException {
    Path directory = Path.of("docs", "reference");
    Map<String, String> expected =
        Map.of("api.md", ApiReference.markdown(CrdGeneration.definitions()));

    writeIfAsked(directory, expected);

    assertThat(directory.resolve("api.md"))
        .as("docs/reference/api.md %s", REGENERATE)
        .content()
        .isEqualTo(expected.get("api.md"));
  }

  @Test
  void everyFieldIsDescribed() throws IOException {
    for (CustomResourceDefinition crd : CrdGeneration.definitions()) {
      JSONSchemaProps root =
          crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();

      assertThat(undescribed("", root)).as(crd.getMetadata().getName()).isEmpty();
    }
  }

  /** Kubernetes 1.20 turned a progress that was no longer applied into null, and refused that. */
  @Test
  void objectsOfAStatusVanishAsOne() throws IOException {
    for (CustomResourceDefinition crd : CrdGeneration.definitions()) {
      JSONSchemaProps status =
          crd.getSpec()
              .getVersions()
              .getFirst()
              .getSchema()
              .getOpenAPIV3Schema()
              .getProperties()
              .get("status");

      assertThat(status.getProperties().values())
          .filteredOn(property -> property.getType().equals("object"))
          .allMatch(property -> "atomic".equals(property.getXKubernetesMapType()));
    }
  }

  /** A resource that never saw an API server has the defaults of the schema all the same. */
  @Test
  void defaultsOfTheTypesAreThoseOfTheSchema() {
    assertThat(Serialization.asJson(new Directory.ClaimTemplate(null, null, null)))
        .isEqualTo("{\"size\":\"20Gi\",\"accessModes\":[\"ReadWriteOnce\"]}");
    assertThat(Serialization.asJson(new VMSnapshotSpec("web", null, null, null, null, null)))
        .isEqualTo(
            "{\"vmName\":\"web\",\"memory\":false,\"quiesce\":"
                + "{\"policy\":\"None\",\"timeout\":\"10s\"},\"timeout\":\"10m\",\"deletionPolicy\":\"Consolidate\","
                + "\"memoryMethod\":\"Auto\"}");
    VirtualMachineSpec spec = Serialization.unmarshal("{\"disks\":[]}", VirtualMachineSpec.class);
    assertThat(spec.powerState()).isEqualTo(PowerState.PoweredOn);
    assertThat(spec.hardware())
        .isEqualTo(new Hardware(1, "1Gi", Hardware.Firmware.BIOS, null, Hardware.Accelerator.AUTO));
    assertThat(spec.guestAgent()).isTrue();
    assertThat(spec.snapshotPolicy())
        .isEqualTo(new VirtualMachineSpec.SnapshotPolicy(32, 20, 64, null, 72));
  }

  private static List<String> undescribed(String path, JSONSchemaProps schema) {
    List<String> found = new ArrayList<>();
    JSONSchemaProps content = schema.getItems() == null ? schema : schema.getItems().getSchema();
    if (content.getProperties() != null) {
      content
          .getProperties()
          .forEach(
              (name, property) -> {
                if (property.getDescription() == null) {
                  found.add(path + "." + name);
                }
                found.addAll(undescribed(path + "." + name, property));
              });
    }
    return found;
  }

  private static void writeIfAsked(Path directory, Map<String, String> files) throws IOException {
    if (Boolean.getBoolean("vmsnap.crds.write")) {
      Files.createDirectories(directory);
      for (Map.Entry<String, String> file : files.entrySet()) {
        Files.writeString(directory.resolve(file.getKey()), file.getValue());
      }
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
