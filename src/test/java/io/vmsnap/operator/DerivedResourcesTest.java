package io.vmsnap.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.dependent.DirectoryClaim;
import io.vmsnap.operator.dependent.OperationJob;
import io.vmsnap.operator.dependent.RunnerPod;
import io.vmsnap.operator.dependent.Tasks;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the operator makes of a resource, word by word. A case folder holds {@code in-*} files, from
 * which every {@code out-*} file follows; a file that nothing reads fails the test. After a change
 * that is meant: {@code ./mvnw test -Dtest=DerivedResourcesTest -Dvmsnap.golden.write=true}, then
 * read the difference.
 */
class DerivedResourcesTest {
  private static final Path CASES = Path.of("src/test/resources/DerivedResourcesTest");

  static Stream<Path> cases() throws IOException {
    return Files.list(CASES).sorted();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void followFromTheCase(Path folder) throws IOException {
    TreeSet<String> used = new TreeSet<>();
    VirtualMachine vm = read(folder, "in-vm.yaml", VirtualMachine.class, used);
    OperatorConfig config = config(folder, used);
    Map<String, HasMetadata> derived = new LinkedHashMap<>();
    derived.put("out-pod.yaml", RunnerPod.desired(vm, config));
    if (vm.getSpec().directory().claimTemplate() != null) {
      derived.put("out-claim.yaml", DirectoryClaim.desired(vm));
    }
    if (Files.exists(folder.resolve("in-snapshot.yaml"))) {
      VMSnapshot snapshot = read(folder, "in-snapshot.yaml", VMSnapshot.class, used);
      Attempt attempt = snapshot.getStatus().attempt();
      derived.put(
          "out-job.yaml",
          OperationJob.desired(
              new OperationJob.Request(
                  snapshot,
                  vm,
                  attempt,
                  Tasks.create(snapshot, vm, Duration.ofMinutes(9)),
                  Duration.ofMinutes(9)),
              config));
    }

    for (Map.Entry<String, HasMetadata> object : derived.entrySet()) {
      Path file = folder.resolve(object.getKey());
      String yaml = Serialization.asYaml(object.getValue());
      if (Boolean.getBoolean("vmsnap.golden.write")) {
        Files.writeString(file, yaml);
      }
      assertThat(file).content().isEqualTo(yaml);
      used.add(object.getKey());
    }

    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()).collect(Collectors.toSet()))
          .as("files of the case, each of which must be used")
          .isEqualTo(used);
    }
  }

  private static OperatorConfig config(Path folder, TreeSet<String> used) throws IOException {
    if (!Files.exists(folder.resolve("in-config.properties"))) {
      return Fixtures.CONFIG;
    }
    used.add("in-config.properties");
    Properties properties = new Properties();
    properties.load(new StringReader(Files.readString(folder.resolve("in-config.properties"))));
    Map<String, String> map = new LinkedHashMap<>();
    properties.forEach((key, value) -> map.put(key.toString(), value.toString()));
    return Fixtures.config(map);
  }

  private static <T> T read(Path folder, String name, Class<T> type, TreeSet<String> used)
      throws IOException {
    used.add(name);
    return Serialization.unmarshal(Files.readString(folder.resolve(name)), type);
  }
}
