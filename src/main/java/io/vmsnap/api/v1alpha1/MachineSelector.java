package io.vmsnap.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;

/** A {@code metav1.LabelSelector}: all of it must hold; an empty one selects everything. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record MachineSelector(
    @JsonPropertyDescription("Labels that a machine must have, with these values.")
        Map<String, String> matchLabels,
    @JsonPropertyDescription("Conditions on a machine's labels, all of which must hold.")
        @Size(max = 20)
        List<Requirement> matchExpressions) {

  public MachineSelector {
    matchLabels = matchLabels == null ? Map.of() : Map.copyOf(matchLabels);
    matchExpressions = matchExpressions == null ? List.of() : List.copyOf(matchExpressions);
  }

  /**
   * @param labels of a machine; null for none
   */
  public boolean matches(Map<String, String> labels) {
    Map<String, String> found = labels == null ? Map.of() : labels;
    return matchLabels.entrySet().stream()
            .allMatch(label -> label.getValue().equals(found.get(label.getKey())))
        && matchExpressions.stream().allMatch(requirement -> requirement.holds(found));
  }

  /** A condition on one label. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @ValidationRule(
      value =
          "self.operator in ['Exists', 'DoesNotExist'] ? !has(self.values) || size(self.values) =="
              + " 0 : has(self.values) && size(self.values) > 0",
      message = "In and NotIn need values; Exists and DoesNotExist have none")
  public record Requirement(
      @Required @JsonPropertyDescription("Key of the label.") String key,
      @Required @JsonPropertyDescription("How the label is compared.") Operator operator,
      @JsonPropertyDescription("Values for In and NotIn.") @Size(max = 100) List<String> values) {

    public Requirement {
      values = values == null ? List.of() : List.copyOf(values);
    }

    /** Whether values are there exactly where the operator compares with them. */
    public boolean comparesRightly() {
      boolean compares = operator == Operator.In || operator == Operator.NotIn;
      return key != null && operator != null && compares != values.isEmpty();
    }

    boolean holds(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case In -> value != null && values.contains(value);
        // as everywhere in Kubernetes: a label that is not there has none of the values
        case NotIn -> value == null || !values.contains(value);
        case Exists -> value != null;
        case DoesNotExist -> value == null;
      };
    }
  }

  /** Comparisons of a label. */
  public enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist
  }
}
