package io.vmsnap.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the chart makes of its values, rendered by Helm itself. */
class ChartTest {
  private static final Path CHART = Path.of("helm", "vmsnap");

  @Test
  void lintFindsNothing() {
    LintResult result = new Helm(CHART).lint().strict().call();

    assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    assertThat(result.getMessages()).noneMatch(m -> m.contains("WARNING") || m.contains("ERROR"));
  }

  @Test
  void defaultsServeAllNamespacesWithALeaderAndAStandby() {
    List<HasMetadata> objects = render(chart -> chart);

    Deployment deployment = one(objects, Deployment.class);
    assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
    assertThat(variables(deployment))
        .containsEntry("VMSNAP_IMAGE", operator(deployment).getImage())
        .containsEntry("VMSNAP_OPERATOR_LEADER_ELECTION_ENABLED", "true")
        .doesNotContainKeys(
            "QUARKUS_OPERATOR_SDK_NAMESPACES", "VMSNAP_OPERATOR_KVM_RESOURCE", "VMSNAP_LOG_JSON");
    assertThat(objects)
        .extracting(HasMetadata::getKind)
        .contains("PodDisruptionBudget", "ClusterRoleBinding")
        .doesNotContain("NetworkPolicy", "ServiceMonitor", "PodMonitor", "PrometheusRule");
  }

  /** Helm never upgrades what lies in a chart's crds/, and deletes templates when uninstalled. */
  @Test
  void definitionsAreUpgradedAndStay() throws IOException {
    List<HasMetadata> definitions =
        render(chart -> chart).stream()
            .filter(o -> o.getKind().equals("CustomResourceDefinition"))
            .toList();

    try (Stream<Path> files = Files.list(Path.of("crds"))) {
      assertThat(definitions).hasSize((int) files.count());
    }
    assertThat(definitions)
        .allSatisfy(
            crd ->
                assertThat(crd.getMetadata().getAnnotations())
                    .containsEntry("helm.sh/resource-policy", "keep"));
    assertThat(render(chart -> chart.set("crds.install", false)))
        .extracting(HasMetadata::getKind)
        .doesNotContain("CustomResourceDefinition");
  }

  /** Nothing is lost on the way through the template: numbers, patterns, CEL rules. */
  @Test
  void definitionsAreThoseOfTheTypes() throws IOException {
    List<HasMetadata> rendered = render(chart -> chart);
    try (Stream<Path> files = Files.list(Path.of("crds"))) {
      for (Path file : files.toList()) {
        Map<?, ?> wanted = Serialization.unmarshal(Files.readString(file), Map.class);
        String name = ((Map<?, ?>) wanted.get("metadata")).get("name").toString();
        HasMetadata found =
            rendered.stream()
                .filter(o -> o.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
        ObjectMapper mapper = Serialization.jsonMapper();
        HasMetadata original = Serialization.unmarshal(Files.readString(file));

        assertThat(mapper.<JsonNode>valueToTree(found).get("spec"))
            .isEqualTo(mapper.<JsonNode>valueToTree(original).get("spec"));
      }
    }
  }

  @Test
  void listedNamespacesGetRolesAndNothingBeyond() throws IOException {
    List<HasMetadata> objects =
        render(
            chart ->
                chart
                    .set("namespaces[0]", "one")
                    .set("namespaces[1]", "two")
                    .set("rbac.aggregate", false));

    assertThat(objects)
        .extracting(HasMetadata::getKind)
        .doesNotContain("ClusterRole", "ClusterRoleBinding");
    List<PolicyRule> rules = operatorRules();
    assertThat(objects)
        .filteredOn(o -> o instanceof Role && !o.getMetadata().getName().endsWith("-leader"))
        .extracting(o -> o.getMetadata().getNamespace(), o -> ((Role) o).getRules())
        .containsExactly(tuple("one", rules), tuple("two", rules));
    assertThat(variables(one(objects, Deployment.class)))
        .containsEntry("QUARKUS_OPERATOR_SDK_NAMESPACES", "one,two");
  }

  @Test
  void roleIsThatOfTheManifests() throws IOException {
    ClusterRole role =
        render(chart -> chart).stream()
            .filter(
                o -> o instanceof ClusterRole && o.getMetadata().getName().endsWith("-operator"))
            .map(ClusterRole.class::cast)
            .findFirst()
            .orElseThrow();

    assertThat(role.getRules()).isEqualTo(operatorRules());
  }

  @Test
  void operatorPassesTheRestrictedStandard() {
    List<HasMetadata> objects = render(chart -> chart);

    PodSpec operator = one(objects, Deployment.class).getSpec().getTemplate().getSpec();
    assertThat(RestrictedPodSecurity.violations(operator)).isEmpty();
  }

  @Test
  void everythingSwitchedOnIsRendered(@TempDir Path folder) throws IOException {
    Path values =
        Files.writeString(
            folder.resolve("values.yaml"),
            """
            image: {repository: registry.example/vmsnap, digest: "sha256:%s"}
            namespaces: [vms]
            operator:
              kvmResource: devices.kubevirt.io/kvm
              logJson: true
              extraEnv: [{name: EXTRA, value: given}]
            networkPolicy:
              enabled: true
              metricsFrom: [{namespaceSelector: {matchLabels: {name: monitoring}}}]
            metrics:
              serviceMonitor: {enabled: true, labels: {release: prometheus}}
              podMonitor: {enabled: true}
              prometheusRule: {enabled: true, freeRatio: 0.15}
              dashboard: {enabled: true}
            nodeSelector: {kubernetes.io/os: linux}
            tolerations: [{key: vms, operator: Exists}]
            priorityClassName: system-cluster-critical
            """
                .formatted("a".repeat(64)));

    List<HasMetadata> objects = render(chart -> chart.withValuesFile(values));

    assertThat(objects)
        .extracting(HasMetadata::getKind)
        .contains("NetworkPolicy", "ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap");
    Deployment deployment = one(objects, Deployment.class);
    assertThat(operator(deployment).getImage())
        .isEqualTo("registry.example/vmsnap@sha256:" + "a".repeat(64));
    assertThat(variables(deployment))
        .containsEntry("VMSNAP_OPERATOR_KVM_RESOURCE", "devices.kubevirt.io/kvm")
        .containsEntry("VMSNAP_LOG_JSON", "true")
        .containsEntry("EXTRA", "given");
    PodSpec pod = deployment.getSpec().getTemplate().getSpec();
    assertThat(pod.getNodeSelector()).containsEntry("kubernetes.io/os", "linux");
    assertThat(pod.getTolerations()).singleElement().returns("vms", t -> t.getKey());
    assertThat(Serialization.asYaml(kind(objects, "PrometheusRule")))
        .contains("< 0.15\"", "{{ $labels.vm }}");
    assertThat(Serialization.asYaml(kind(objects, "ServiceMonitor"))).contains("release: \"prom");
  }

  /** Alerts and dashboard ask for metrics that there are. */
  @Test
  void queriesNameMetricsOfTheReference() throws IOException {
    String reference =
        Files.readString(Path.of("docs/reference/metrics-runner.md"))
            + Files.readString(Path.of("docs/reference/metrics-operator.md"));
    String asking =
        Files.readString(CHART.resolve("files/dashboard.json"))
            + Files.readString(CHART.resolve("templates/prometheusrule.yaml"));

    assertThat(
            Pattern.compile("\\bvmsnap_[a-z_]+")
                .matcher(asking)
                .results()
                .map(MatchResult::group)
                .distinct())
        .hasSizeGreaterThan(5)
        .allSatisfy(metric -> assertThat(reference).contains("`" + metric + "`"));
  }

  @ParameterizedTest
  @CsvSource({
    "replicas,               many",
    "image.pullPolicy,       Sometimes",
    "operator.stopTimeout,   60s",
    "operator.kvmResource,   kvm",
    "unknown,                value",
    "operator.pollIntervall, PT2S",
  })
  void wrongValueIsRefusedByName(String name, String value) {
    assertThatThrownBy(() -> render(chart -> chart.set(name, value)))
        .hasMessageContaining(name.substring(name.lastIndexOf('.') + 1));
  }

  private static List<PolicyRule> operatorRules() throws IOException {
    return Arrays.stream(Files.readString(Path.of("deploy/base/rbac.yaml")).split("(?m)^---$"))
        .map(Serialization::<HasMetadata>unmarshal)
        .filter(ClusterRole.class::isInstance)
        .map(role -> ((ClusterRole) role).getRules())
        .findFirst()
        .orElseThrow();
  }

  private static List<HasMetadata> render(UnaryOperator<TemplateCommand> values) {
    String text =
        values
            .apply(new Helm(CHART).template().withName("vmsnap").withNamespace("vmsnap-system"))
            .call();
    return Arrays.stream(text.split("(?m)^---$"))
        .filter(document -> document.lines().anyMatch(line -> line.startsWith("kind:")))
        .map(Serialization::<HasMetadata>unmarshal)
        .toList();
  }

  private static <T> T one(List<HasMetadata> objects, Class<T> type) {
    return objects.stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
  }

  private static HasMetadata kind(List<HasMetadata> objects, String kind) {
    return objects.stream().filter(o -> o.getKind().equals(kind)).findFirst().orElseThrow();
  }

  private static Container operator(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();
  }

  private static Map<String, String> variables(Deployment deployment) {
    return operator(deployment).getEnv().stream()
        .filter(variable -> variable.getValue() != null)
        .collect(Collectors.toMap(v -> v.getName(), v -> v.getValue()));
  }
}
