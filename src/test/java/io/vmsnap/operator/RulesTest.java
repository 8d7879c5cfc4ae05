package io.vmsnap.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.reconciler.virtualmachine.VirtualMachineRules;
import io.vmsnap.operator.reconciler.vmsnapshot.VMSnapshotRules;
import io.vmsnap.operator.reconciler.vmsnapshotrevert.VMSnapshotRevertRules;
import io.vmsnap.operator.reconciler.vmsnapshotschedule.VMSnapshotScheduleRules;
import io.vmsnap.operator.status.Violation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each case is a resource that breaks one rule; its first line says what must be answered. The
 * answer must be the CEL rule's own message, so that both API servers tell a user the same.
 */
class RulesTest {
  private static final Path CASES = Path.of("src/test/resources/RulesTest");

  static Stream<Path> machines() throws IOException {
    return Files.list(CASES.resolve("virtualmachine")).sorted();
  }

  static Stream<Path> snapshots() throws IOException {
    return Files.list(CASES.resolve("vmsnapshot")).sorted();
  }

  static Stream<Path> reverts() throws IOException {
    return Files.list(CASES.resolve("vmsnapshotrevert")).sorted();
  }

  static Stream<Path> schedules() throws IOException {
    return Files.list(CASES.resolve("vmsnapshotschedule")).sorted();
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void schedule(Path file) throws IOException {
    VMSnapshotSchedule schedule =
        Serialization.unmarshal(Files.readString(file), VMSnapshotSchedule.class);

    check(file, VMSnapshotScheduleRules.check(schedule), "crds/vmsnap.io_vmsnapshotschedules.yaml");
  }

  @ParameterizedTest
  @MethodSource("reverts")
  void revert(Path file) throws IOException {
    VMSnapshotRevert revert =
        Serialization.unmarshal(Files.readString(file), VMSnapshotRevert.class);

    check(file, VMSnapshotRevertRules.check(revert), "crds/vmsnap.io_vmsnapshotreverts.yaml");
  }

  @ParameterizedTest
  @MethodSource("machines")
  void machine(Path file) throws IOException {
    VirtualMachine vm = Serialization.unmarshal(Files.readString(file), VirtualMachine.class);

    check(file, VirtualMachineRules.check(vm), "crds/vmsnap.io_virtualmachines.yaml");
  }

  @ParameterizedTest
  @MethodSource("snapshots")
  void snapshot(Path file) throws IOException {
    VMSnapshot snapshot = Serialization.unmarshal(Files.readString(file), VMSnapshot.class);

    check(file, VMSnapshotRules.check(snapshot), "crds/vmsnap.io_vmsnapshots.yaml");
  }

  @Test
  void everyRuleOfTheDefinitionsHasACase() throws IOException {
    List<String> expectations = new ArrayList<>();
    for (Path file :
        Stream.of(machines(), snapshots(), reverts(), schedules()).flatMap(s -> s).toList()) {
      expectations.add(expectation(file));
    }
    List<String> messages = new ArrayList<>(messages("crds/vmsnap.io_virtualmachines.yaml"));
    messages.addAll(messages("crds/vmsnap.io_vmsnapshots.yaml"));
    messages.addAll(messages("crds/vmsnap.io_vmsnapshotreverts.yaml"));
    messages.addAll(messages("crds/vmsnap.io_vmsnapshotschedules.yaml"));
    // each of these is covered by a case of the one violation that stands for all of them
    messages.removeIf(
        m ->
            m.matches(
                "(vmName|memory|quiesce|timeout|snapshotName|power|ifRunning|saveCurrentState|memoryLoad|memoryMethod|reservePercent)"
                    + " is immutable"));
    // a claim is not part of the accepted layout: the API server refuses to shrink or change it
    messages.removeIf(
        m -> m.matches("size cannot shrink|(storageClassName|accessModes) is immutable"));

    assertThat(messages)
        .allSatisfy(
            message ->
                assertThat(expectations)
                    .as("a case for the rule '" + message + "'")
                    .anyMatch(expectation -> expectation.contains(message)));
  }

  private static void check(Path file, List<Violation> found, String definition)
      throws IOException {
    String expected = expectation(file);
    if (expected.equals("valid")) {
      assertThat(found).isEmpty();
      return;
    }
    assertThat(found).extracting(Violation::toString).as("%s", file).contains(expected);
    if (!file.getFileName().toString().startsWith("java-only-")) {
      assertThat(messages(definition)).anyMatch(expected::contains);
    }
  }

  private static String expectation(Path file) throws IOException {
    String first = Files.readAllLines(file).getFirst();
    assertThat(first).as("first line of %s", file).startsWith("# ");
    return first.substring(2);
  }

  private static List<String> messages(String definition) throws IOException {
    CustomResourceDefinition crd =
        Serialization.unmarshal(
            Files.readString(Path.of(definition)), CustomResourceDefinition.class);
    List<String> messages = new ArrayList<>();
    collect(crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema(), messages);
    assertThat(messages).isNotEmpty();
    return messages;
  }

  private static void collect(JSONSchemaProps schema, List<String> messages) {
    schema.getXKubernetesValidations().stream()
        .map(ValidationRule::getMessage)
        .forEach(messages::add);
    if (schema.getProperties() != null) {
      schema.getProperties().values().forEach(property -> collect(property, messages));
    }
    if (schema.getItems() != null) {
      collect(schema.getItems().getSchema(), messages);
    }
  }
}
