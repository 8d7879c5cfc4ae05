package io.vmsnap.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Makes the definitions from the API types. fabric8's generator does the most of it; what it cannot
 * say is added here: the order of columns, lists that merge by key, date-times, texts of types.
 */
final class CrdGeneration {
  private static final String HEADER =
      """
      # Generated from io.vmsnap.api.v1alpha1; do not edit. To write it anew:
      # ./mvnw test -Dtest=CrdDriftTest -Dvmsnap.crds.write=true
      """;

  /** List fields whose items have an identity, so that appliers merge them item by item. */
  private static final Map<String, List<String>> MAP_KEYS =
      Map.of(
          "conditions",
          List.of("type"),
          "disks",
          List.of("name"),
          "ports",
          List.of("port", "protocol"));

  private static final Map<String, String> DESCRIPTIONS =
      Map.of(
          "VirtualMachine",
          "VirtualMachine is a QEMU virtual machine whose files lie in a directory on a volume.",
          "VMSnapshot",
          "VMSnapshot is a snapshot of a virtual machine's disks, and on request of its memory."
              + " Deleting it removes the snapshot and keeps every other state, unless"
              + " deletionPolicy says Retain.",
          "VMSnapshotRevert",
          "VMSnapshotRevert returns a virtual machine to a snapshot, once: like a Job it is inert"
              + " when it has ended, and it never changes the VirtualMachine's spec.",
          "VMSnapshotSchedule",
          "VMSnapshotSchedule takes snapshots of machines at set times, as a CronJob makes Jobs, and"
              + " deletes those that its retention does not keep. Deleting it deletes no snapshot.");

  static final List<Class<? extends CustomResource<?, ?>>> KINDS =
      List.of(
          VirtualMachine.class, VMSnapshot.class, VMSnapshotRevert.class, VMSnapshotSchedule.class);

  private CrdGeneration() {}

  /** File name, and content of the file. */
  static Map<String, String> yaml() throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    for (CustomResourceDefinition crd : definitions()) {
      files.put(
          crd.getSpec().getGroup() + "_" + crd.getSpec().getNames().getPlural() + ".yaml",
          HEADER + Serialization.asYaml(crd));
    }
    return files;
  }

  static List<CustomResourceDefinition> definitions() throws IOException {
    Path directory = Files.createTempDirectory("crds");
    try {
      CRDGenerator generator =
          new CRDGenerator().inOutputDir(directory.toFile()).forCRDVersions("v1");
      KINDS.forEach(generator::customResourceClasses);
      generator.generate();
      return KINDS.stream().map(kind -> read(directory, kind)).toList();
    } finally {
      try (var files = Files.walk(directory)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static CustomResourceDefinition read(
      Path directory, Class<? extends CustomResource<?, ?>> kind) {
    String name = CustomResource.getCRDName(kind);
    try {
      CustomResourceDefinition crd =
          Serialization.unmarshal(
              Files.readString(directory.resolve(name + "-v1.yml")),
              CustomResourceDefinition.class);
      CustomResourceDefinitionVersion version = crd.getSpec().getVersions().getFirst();
      orderColumns(version, kind);
      JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
      root.setDescription(DESCRIPTIONS.get(crd.getSpec().getNames().getKind()));
      root.setRequired(List.of("spec"));
      describe(root, "spec", "What its owner wants.");
      describe(root, "status", "What the operator observed. Written by the operator only.");
      finish(root);
      replaceObjectsAsOne(root.getProperties().get("status"));
      return crd;
    } catch (IOException e) {
      throw new IllegalStateException("no definition generated for " + name, e);
    }
  }

  private static void orderColumns(CustomResourceDefinitionVersion version, Class<?> kind) {
    List<String> order =
        Arrays.stream(kind.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();
    version
        .getAdditionalPrinterColumns()
        .sort(
            Comparator.comparingInt(
                (CustomResourceColumnDefinition column) -> order.indexOf(column.getName())));
  }

  private static void describe(JSONSchemaProps root, String field, String text) {
    root.getProperties().get(field).setDescription(text);
  }

  /**
   * Status objects such as {@code progress} come and go. API servers up to 1.20 turn an object
   * whose fields an applier no longer sends into null, which the schema then refuses; what merges
   * as one value is removed as one.
   */
  private static void replaceObjectsAsOne(JSONSchemaProps status) {
    status.getProperties().values().stream()
        .filter(property -> "object".equals(property.getType()))
        .forEach(property -> property.setXKubernetesMapType("atomic"));
  }

  private static void finish(JSONSchemaProps schema) {
    // the generator reads a record's component twice, as field and as accessor
    schema.setXKubernetesValidations(
        List.copyOf(new LinkedHashSet<>(schema.getXKubernetesValidations())));
    if (schema.getProperties() != null) {
      schema
          .getProperties()
          .forEach(
              (name, property) -> {
                if (MAP_KEYS.containsKey(name) && isMapList(name, property)) {
                  property.setXKubernetesListType("map");
                  property.setXKubernetesListMapKeys(MAP_KEYS.get(name));
                }
                if (name.endsWith("Time") || name.equals("notBefore")) {
                  property.setFormat("date-time");
                }
                finish(property);
              });
    }
    if (schema.getItems() != null && schema.getItems().getSchema() != null) {
      finish(schema.getItems().getSchema());
    }
  }

  /** API servers take a field as a key if each item must have it, or gets it by default. */
  private static boolean isMapList(String name, JSONSchemaProps list) {
    JSONSchemaProps item = list.getItems().getSchema();
    return MAP_KEYS.get(name).stream()
        .allMatch(
            key ->
                item.getRequired().contains(key)
                    || item.getProperties().containsKey(key)
                        && item.getProperties().get(key).getDefault() != null);
  }
}
