package io.vmsnap.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The CEL rules as an API server of 1.25 or later evaluates them. The cases are those of the
 * operator's own check (RulesTest), so that both say the same of the same resource.
 */
class CelRulesTest {
  private static final Path CASES = Path.of("src/test/resources/RulesTest");
  private static final Path DEFINITIONS = Path.of("crds");

  private static final String MACHINE =
      """
      metadata: {name: web}
      spec:
        directory: {claimTemplate: {size: 4Gi}, path: vms/web}
        disks: [{name: os, source: {path: os.img}}, {name: data, size: 2Gi}]
      """;
  private static final String CLAIMED =
      """
      metadata: {name: web}
      spec:
        directory: {claimName: mine}
        disks: [{name: os, size: 1Gi}]
      """;
  private static final String SNAPSHOT =
      """
      metadata: {name: before}
      spec: {vmName: web, timeout: 5m}
      """;

  private static final String REVERT =
      """
      metadata: {name: back}
      spec: {vmName: web, snapshotName: before, ifRunning: Wait}
      """;

  static Stream<String> rules() throws IOException {
    try (Stream<Path> files = Files.list(DEFINITIONS)) {
      return files.sorted().toList().stream().flatMap(file -> read(file).all().stream());
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void ruleCompiles(String rule) {
    assertThatCode(() -> CelRules.compile(rule)).doesNotThrowAnyException();
  }

  static Stream<Path> cases() throws IOException {
    try (Stream<Path> files = Files.walk(CASES)) {
      return files
          .filter(file -> file.getFileName().toString().matches("(in)?valid-.*"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resourceIsJudgedAsTheOperatorJudgesIt(Path file) throws Exception {
    String text = Files.readString(file);
    String expected = text.lines().findFirst().orElseThrow().substring(2);
    CelRules rules =
        read(DEFINITIONS.resolve("vmsnap.io_" + file.getParent().getFileName() + "s.yaml"));

    List<String> broken = rules.broken(map(text), null);

    if (expected.equals("valid")) {
      assertThat(broken).isEmpty();
    } else {
      assertThat(broken).isNotEmpty().anyMatch(expected::contains);
    }
  }

  static Stream<Arguments> changes() {
    return Stream.of(
        arguments("virtualmachines", MACHINE, "vms/web", "vms/other", "path is immutable"),
        arguments("virtualmachines", MACHINE, "size: 4Gi", "size: 4000Mi", "size cannot shrink"),
        arguments("virtualmachines", MACHINE, "size: 2Gi", "size: 2047Mi", "a disk cannot shrink"),
        arguments("virtualmachines", MACHINE, "os.img", "other.img", "source is immutable"),
        arguments(
            "virtualmachines",
            MACHINE,
            "{size: 4Gi}",
            "{size: 4Gi, storageClassName: fast}",
            "storageClassName is immutable"),
        arguments(
            "virtualmachines",
            MACHINE,
            "{size: 4Gi}",
            "{size: 4Gi, accessModes: [ReadWriteMany]}",
            "accessModes is immutable"),
        arguments(
            "virtualmachines",
            MACHINE,
            ", {name: data, size: 2Gi}",
            "",
            "disks keep their names and order"),
        arguments(
            "virtualmachines",
            MACHINE,
            "disks: [",
            "disks: [{name: new, size: 1Gi}, ",
            "disks keep their names and order"),
        arguments("virtualmachines", CLAIMED, "mine", "other", "claimName is immutable"),
        arguments("vmsnapshots", SNAPSHOT, "web", "db", "vmName is immutable"),
        arguments("vmsnapshots", SNAPSHOT, "5m", "6m", "timeout is immutable"),
        arguments("vmsnapshots", SNAPSHOT, "5m", "5m, memory: true", "memory is immutable"),
        arguments("vmsnapshots", SNAPSHOT, "5m", "5m, reservePercent: 0", "reservePercent is"),
        arguments("vmsnapshots", SNAPSHOT, "5m", "5m, memoryMethod: PreCopy", "memoryMethod is"),
        arguments(
            "vmsnapshots",
            SNAPSHOT,
            "5m",
            "5m, quiesce: {policy: BestEffort}",
            "quiesce is immutable"),
        arguments("vmsnapshotreverts", REVERT, "before", "after", "snapshotName is immutable"),
        arguments("vmsnapshotreverts", REVERT, "Wait", "Stop", "ifRunning is immutable"),
        arguments("vmsnapshotreverts", REVERT, "Wait", "Wait, power: PoweredOn", "power is"),
        arguments("vmsnapshotreverts", REVERT, "Wait", "Wait, memoryLoad: Eager", "memoryLoad is"),
        arguments(
            "vmsnapshotreverts",
            REVERT,
            "Wait",
            "Wait, saveCurrentState: true",
            "saveCurrentState is immutable"));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void changeIsRefused(String plural, String old, String from, String to, String message)
      throws Exception {
    assertThat(old).contains(from);

    List<String> broken = rules(plural).broken(map(old.replace(from, to)), map(old));

    assertThat(broken).hasSize(1).first().asString().startsWith(message);
  }

  static Stream<Arguments> allowedChanges() {
    return Stream.of(
        arguments("virtualmachines", MACHINE, "size: 4Gi", "size: 1Ti"),
        arguments("virtualmachines", MACHINE, "size: 2Gi", "size: 3000Mi"),
        arguments("virtualmachines", MACHINE, "size: 2Gi}", "size: 2Gi}, {name: last, size: 1Gi}"),
        arguments("vmsnapshots", SNAPSHOT, "5m", "5m, description: why it was taken"),
        arguments("vmsnapshots", SNAPSHOT, "5m", "5m, deletionPolicy: Retain"),
        arguments("vmsnapshotreverts", REVERT, "Wait", "Wait, ttlSecondsAfterFinished: 60"));
  }

  @ParameterizedTest
  @MethodSource("allowedChanges")
  void changeIsAllowed(String plural, String old, String from, String to) throws Exception {
    assertThat(old).contains(from);

    assertThat(rules(plural).broken(map(old.replace(from, to)), map(old))).isEmpty();
  }

  private static CelRules rules(String plural) {
    return read(DEFINITIONS.resolve("vmsnap.io_" + plural + ".yaml"));
  }

  private static CelRules read(Path definition) {
    try {
      return new CelRules(
          Serialization.unmarshal(Files.readString(definition), CustomResourceDefinition.class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(String yaml) {
    return Serialization.unmarshal(yaml, Map.class);
  }
}
