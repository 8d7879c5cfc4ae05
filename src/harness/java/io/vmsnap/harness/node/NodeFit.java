package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides whether a pod may run on the node, in the words of the real scheduler where not. */
final class NodeFit {
  private static final String NO_NODE = "0/1 nodes are available: 1 ";

  private NodeFit() {}

  /**
   * @param others pods bound to the node that have not ended
   * @return why the pod does not fit; empty if it does
   */
  static Optional<String> problem(Pod pod, Node node, List<Pod> others) {
    if (Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
      return Optional.of(NO_NODE + "node(s) were unschedulable.");
    }
    if (!selected(pod, node)) {
      return Optional.of(NO_NODE + "node(s) didn't match Pod's node affinity/selector.");
    }
    for (Taint taint : node.getSpec().getTaints()) {
      if (repels(taint) && !tolerated(pod, taint)) {
        return Optional.of(
            NO_NODE
                + "node(s) had taint {"
                + taint.getKey()
                + ": "
                + taint.getValue()
                + "}, that the pod didn't tolerate.");
      }
    }
    return insufficient(pod, node, others)
        .map(resource -> NO_NODE + "Insufficient " + resource + ".");
  }

  /** Conditions of the node become taints with a delay; the node itself knows that it is there. */
  private static boolean repels(Taint taint) {
    return !"PreferNoSchedule".equals(taint.getEffect())
        && !taint.getKey().startsWith("node.kubernetes.io/");
  }

  private static boolean tolerated(Pod pod, Taint taint) {
    for (Toleration toleration : pod.getSpec().getTolerations()) {
      boolean key = toleration.getKey() == null || toleration.getKey().equals(taint.getKey());
      boolean effect =
          toleration.getEffect() == null || toleration.getEffect().equals(taint.getEffect());
      boolean value =
          "Exists".equals(toleration.getOperator())
              || java.util.Objects.equals(toleration.getValue(), taint.getValue());
      if (key && effect && value) {
        return true;
      }
    }
    return false;
  }

  private static boolean selected(Pod pod, Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    Map<String, String> wanted = pod.getSpec().getNodeSelector();
    if (wanted != null && !labels.entrySet().containsAll(wanted.entrySet())) {
      return false;
    }
    var affinity = pod.getSpec().getAffinity();
    if (affinity == null
        || affinity.getNodeAffinity() == null
        || affinity.getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution() == null) {
      return true;
    }
    return affinity
        .getNodeAffinity()
        .getRequiredDuringSchedulingIgnoredDuringExecution()
        .getNodeSelectorTerms()
        .stream()
        .anyMatch(term -> matches(term, node));
  }

  private static boolean matches(NodeSelectorTerm term, Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    Map<String, String> fields = Map.of("metadata.name", node.getMetadata().getName());
    return term.getMatchExpressions().stream().allMatch(r -> matches(r, labels))
        && term.getMatchFields().stream().allMatch(r -> matches(r, fields));
  }

  private static boolean matches(NodeSelectorRequirement requirement, Map<String, String> values) {
    String value = values.get(requirement.getKey());
    return switch (requirement.getOperator()) {
      case "In" -> requirement.getValues().contains(value);
      case "NotIn" -> !requirement.getValues().contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      case "Gt" -> value != null && number(value) > number(requirement.getValues().getFirst());
      case "Lt" -> value != null && number(value) < number(requirement.getValues().getFirst());
      default -> false;
    };
  }

  private static long number(String text) {
    return Long.parseLong(text);
  }

  /** The first resource that there is not enough of. */
  private static Optional<String> insufficient(Pod pod, Node node, List<Pod> others) {
    Map<String, BigDecimal> free = new HashMap<>();
    node.getStatus()
        .getAllocatable()
        .forEach((name, amount) -> free.put(name, amount.getNumericalAmount()));
    free.merge("pods", BigDecimal.valueOf(others.size()), BigDecimal::subtract);
    for (Pod other : others) {
      requests(other).forEach((name, amount) -> free.merge(name, amount.negate(), BigDecimal::add));
    }
    Map<String, BigDecimal> wanted = requests(pod);
    wanted.put("pods", BigDecimal.ONE);
    return wanted.entrySet().stream()
        .filter(e -> e.getValue().signum() > 0)
        .filter(e -> free.getOrDefault(e.getKey(), BigDecimal.ZERO).compareTo(e.getValue()) < 0)
        .map(Map.Entry::getKey)
        .sorted()
        .findFirst();
  }

  /** Containers run together, init containers one by one: the larger of sum and maximum counts. */
  private static Map<String, BigDecimal> requests(Pod pod) {
    Map<String, BigDecimal> total = new HashMap<>();
    for (Container container : pod.getSpec().getContainers()) {
      of(container).forEach((n, q) -> total.merge(n, q.getNumericalAmount(), BigDecimal::add));
    }
    for (Container container : pod.getSpec().getInitContainers()) {
      of(container).forEach((n, q) -> total.merge(n, q.getNumericalAmount(), BigDecimal::max));
    }
    return total;
  }

  private static Map<String, Quantity> of(Container container) {
    return container.getResources() == null || container.getResources().getRequests() == null
        ? Map.of()
        : container.getResources().getRequests();
  }
}
