package io.vmsnap.api.v1alpha1;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The API reference, as Markdown made from the definitions. */
final class ApiReference {
  private ApiReference() {}

  static String markdown(List<CustomResourceDefinition> crds) {
    StringBuilder page = new StringBuilder();
    page.append("# API reference\n\n")
        .append("<!-- Generated from crds/ by CrdDriftTest; do not edit. -->\n\n")
        .append("Group `")
        .append(ApiGroup.NAME)
        .append("`, version `")
        .append(ApiGroup.VERSION)
        .append(
            "`. Rules are checked by the API server from Kubernetes 1.25 on; where an older one"
                + " ignores them, the operator refuses the resource in its `Stalled`"
                + " condition.\n");
    crds.forEach(crd -> kind(page, crd));
    return page.append(vocabulary()).toString();
  }

  private static void kind(StringBuilder page, CustomResourceDefinition crd) {
    var names = crd.getSpec().getNames();
    JSONSchemaProps root = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    page.append("\n## ").append(names.getKind()).append("\n\n").append(root.getDescription());
    page.append("\n\n`kubectl get ")
        .append(names.getPlural())
        .append("`, short `")
        .append(String.join("`, `", names.getShortNames()))
        .append("`, category `")
        .append(String.join("`, `", names.getCategories()))
        .append("`.\n");
    rules(page, root);
    for (String part : List.of("spec", "status")) {
      JSONSchemaProps schema = root.getProperties().get(part);
      page.append("\n### ").append(names.getKind()).append(" ").append(part).append("\n\n");
      page.append("| field | type | description |\n|---|---|---|\n");
      fields(page, schema, "");
      rules(page, schema);
    }
  }

  private static void fields(StringBuilder page, JSONSchemaProps schema, String prefix) {
    for (var property : new TreeMap<>(schema.getProperties()).entrySet()) {
      JSONSchemaProps value = property.getValue();
      boolean list = value.getItems() != null;
      JSONSchemaProps content = list ? value.getItems().getSchema() : value;
      String path = prefix + property.getKey();
      page.append("| `").append(path).append(list ? "[]` | " : "` | ");
      page.append(type(value, list, content)).append(" | ");
      page.append(escape(String.join(" ", texts(schema, property.getKey(), value, content))));
      page.append(" |\n");
      if (content.getProperties() != null && !content.getProperties().isEmpty()) {
        fields(page, content, path + (list ? "[]." : "."));
      }
    }
  }

  private static String type(JSONSchemaProps value, boolean list, JSONSchemaProps content) {
    String type =
        content.getEnum() != null && !content.getEnum().isEmpty()
            ? content.getEnum().stream()
                .map(token -> "`" + token.asText() + "`")
                .collect(Collectors.joining(", "))
            : content.getFormat() != null && content.getFormat().equals("date-time")
                ? "date-time"
                : content.getType();
    return list ? "list of " + type : type;
  }

  private static List<String> texts(
      JSONSchemaProps parent, String name, JSONSchemaProps value, JSONSchemaProps content) {
    List<String> texts = new ArrayList<>();
    texts.add(value.getDescription());
    if (parent.getRequired().contains(name)) {
      texts.add("**Required.**");
    }
    if (value.getDefault() != null) {
      texts.add("Default: `" + value.getDefault() + "`.");
    }
    if (value.getMinimum() != null || value.getMaximum() != null) {
      texts.add("Range: " + number(value.getMinimum()) + " to " + number(value.getMaximum()) + ".");
    }
    if (value.getMaxItems() != null) {
      texts.add("At most " + value.getMaxItems() + ".");
    }
    value.getXKubernetesValidations().forEach(rule -> texts.add(rule(rule)));
    if (content != value) {
      content.getXKubernetesValidations().forEach(rule -> texts.add(rule(rule)));
    }
    return texts;
  }

  private static void rules(StringBuilder page, JSONSchemaProps schema) {
    if (!schema.getXKubernetesValidations().isEmpty()) {
      page.append("\nRules:\n\n");
      schema
          .getXKubernetesValidations()
          .forEach(rule -> page.append("- ").append(rule.getMessage()).append("\n"));
    }
  }

  private static String rule(ValidationRule rule) {
    return "*Rule: " + rule.getMessage() + ".*";
  }

  private static String number(Double value) {
    return value == null ? "any" : Long.toString(value.longValue());
  }

  private static String vocabulary() {
    StringBuilder text = new StringBuilder("\n## Tokens\n\n");
    line(text, "Condition types", ConditionType.values());
    line(text, "Condition reasons", ConditionReason.values());
    line(text, "Event reasons", EventReason.values());
    return text.toString();
  }

  private static void line(StringBuilder text, String title, Enum<?>[] tokens) {
    text.append("- ")
        .append(title)
        .append(": ")
        .append(
            Arrays.stream(tokens)
                .map(token -> "`" + token.name() + "`")
                .collect(Collectors.joining(", ")))
        .append("\n");
  }

  private static String escape(String text) {
    return text.replace("<", "&lt;").replace("|", "\\|").replace("\n", " ");
  }
}
