package io.vmsnap.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.reconciler.virtualmachine.VirtualMachineRules;
import io.vmsnap.operator.reconciler.vmsnapshot.VMSnapshotRules;
import io.vmsnap.operator.reconciler.vmsnapshotrevert.VMSnapshotRevertRules;
import io.vmsnap.operator.reconciler.vmsnapshotschedule.VMSnapshotScheduleRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests that users apply: they parse, keep the rules and fit each other. */
class ExamplesTest {
  static Stream<Path> examples() throws IOException {
    return Files.list(Path.of("deploy/examples")).sorted();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void exampleKeepsTheRules(Path file) {
    assertThat(documents(file))
        .isNotEmpty()
        .allSatisfy(
            object -> {
              switch (object) {
                case VirtualMachine vm -> assertThat(VirtualMachineRules.check(vm)).isEmpty();
                case VMSnapshot snapshot -> assertThat(VMSnapshotRules.check(snapshot)).isEmpty();
                case VMSnapshotRevert revert ->
                    assertThat(VMSnapshotRevertRules.check(revert)).isEmpty();
                case VMSnapshotSchedule schedule ->
                    assertThat(VMSnapshotScheduleRules.check(schedule)).isEmpty();
                default -> throw new AssertionError("no rules for a " + object.getKind());
              }
            });
  }

  /** The types pass over fields that they do not know, and so would an example's misspelt one. */
  @ParameterizedTest
  @MethodSource("examples")
  void exampleNamesFieldsThatThereAre(Path file) throws IOException {
    String[] texts = Files.readString(file).split("(?m)^---$");
    List<HasMetadata> objects = documents(file);
    for (int i = 0; i < texts.length; i++) {
      JsonNode written = Serialization.yamlMapper().readTree(texts[i]).get("spec");
      JsonNode read = Serialization.jsonMapper().valueToTree(objects.get(i)).get("spec");

      assertThat(names("", read)).as("%s", file).containsAll(names("", written));
    }
  }

  private static Set<String> names(String path, JsonNode node) {
    Set<String> found = new TreeSet<>();
    node.properties()
        .forEach(
            field -> {
              found.add(path + "." + field.getKey());
              found.addAll(names(path + "." + field.getKey(), field.getValue()));
            });
    node.elements()
        .forEachRemaining(
            element -> {
              if (node.isArray()) {
                found.addAll(names(path + "[]", element));
              }
            });
    return found;
  }

  @Test
  void kustomizationListsEveryManifest() throws IOException {
    Path base = Path.of("deploy/base");
    Map<?, ?> kustomization =
        Serialization.unmarshal(Files.readString(base.resolve("kustomization.yaml")), Map.class);

    try (Stream<Path> files = Files.list(base)) {
      assertThat(files.map(f -> f.getFileName().toString()).filter(f -> !f.startsWith("kust")))
          .containsExactlyInAnyOrderElementsOf(
              ((List<?>) kustomization.get("resources")).stream().map(Object::toString).toList());
    }
  }

  @Test
  void operatorAndItsPodsHaveOneImage() {
    Deployment deployment =
        (Deployment) documents(Path.of("deploy/base/deployment.yaml")).getFirst();
    var container = deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();

    assertThat(container.getEnv())
        .filteredOn(variable -> variable.getName().equals("VMSNAP_IMAGE"))
        .singleElement()
        .satisfies(variable -> assertThat(variable.getValue()).isEqualTo(container.getImage()));
  }

  @Test
  void roleAllowsNoMoreThanItMust() {
    ClusterRole role =
        documents(Path.of("deploy/base/rbac.yaml")).stream()
            .filter(ClusterRole.class::isInstance)
            .map(ClusterRole.class::cast)
            .findFirst()
            .orElseThrow();

    assertThat(role.getRules())
        .allSatisfy(
            rule -> {
              assertThat(rule.getVerbs()).doesNotContain("*", "deletecollection");
              assertThat(rule.getResources()).doesNotContain("*", "secrets");
            });
    assertThat(role.getRules())
        .filteredOn(rule -> rule.getResources().contains("persistentvolumeclaims"))
        .flatExtracting(PolicyRule::getVerbs)
        .doesNotContain("delete");
  }

  private static List<HasMetadata> documents(Path file) {
    try {
      List<HasMetadata> found = new ArrayList<>();
      for (String document : Files.readString(file).split("(?m)^---$")) {
        HasMetadata object = Serialization.unmarshal(document);
        found.add(
            switch (object.getKind()) {
              case "VirtualMachine" -> Serialization.unmarshal(document, VirtualMachine.class);
              case "VMSnapshot" -> Serialization.unmarshal(document, VMSnapshot.class);
              case "VMSnapshotRevert" -> Serialization.unmarshal(document, VMSnapshotRevert.class);
              case "VMSnapshotSchedule" ->
                  Serialization.unmarshal(document, VMSnapshotSchedule.class);
              default -> object;
            });
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
