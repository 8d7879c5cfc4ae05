package io.vmsnap.api.v1alpha1;

import dev.cel.common.CelException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Evaluates the {@code x-kubernetes-validations} of a definition the way an API server of 1.25 or
 * later does: defaults first, then every rule at its place; rules about {@code oldSelf} only where
 * an old value is, and elements of a list only where the list is a map.
 */
final class CelRules {
  private static final CelCompiler COMPILER =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .addLibraries(CelExtensions.strings())
          .addVar("self", SimpleType.DYN)
          .addVar("oldSelf", SimpleType.DYN)
          .setResultType(SimpleType.BOOL)
          .build();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.standardCelRuntimeBuilder().addLibraries(CelExtensions.strings()).build();

  private final JSONSchemaProps schema;

  CelRules(CustomResourceDefinition definition) {
    this.schema = definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
  }

  /**
   * @param old null for a creation
   * @return messages of the broken rules, in the order in which they are found
   */
  List<String> broken(Map<String, Object> resource, Map<String, Object> old) throws CelException {
    List<String> messages = new ArrayList<>();
    check(
        schema,
        withDefaults(schema, resource),
        old == null ? null : withDefaults(schema, old),
        messages);
    return messages;
  }

  /** Every rule of the definition, however deep. */
  List<String> all() {
    List<String> rules = new ArrayList<>();
    collect(schema, rules);
    return rules;
  }

  /**
   * @throws CelException with the place in the rule
   */
  static void compile(String rule) throws CelException {
    RUNTIME.createProgram(COMPILER.compile(rule).getAst());
  }

  private static void collect(JSONSchemaProps at, List<String> rules) {
    at.getXKubernetesValidations().stream().map(ValidationRule::getRule).forEach(rules::add);
    if (at.getProperties() != null) {
      at.getProperties().values().forEach(property -> collect(property, rules));
    }
    if (at.getItems() != null) {
      collect(at.getItems().getSchema(), rules);
    }
  }

  private static void check(JSONSchemaProps at, Object self, Object old, List<String> messages)
      throws CelException {
    for (ValidationRule rule : at.getXKubernetesValidations()) {
      boolean transition = rule.getRule().contains("oldSelf");
      if ((!transition || old != null) && !holds(rule.getRule(), self, old)) {
        messages.add(rule.getMessage());
      }
    }
    if (self instanceof Map<?, ?> map && at.getProperties() != null) {
      for (var property : at.getProperties().entrySet()) {
        if (map.containsKey(property.getKey())) {
          Object before = old instanceof Map<?, ?> m ? m.get(property.getKey()) : null;
          check(property.getValue(), map.get(property.getKey()), before, messages);
        }
      }
    }
    if (self instanceof List<?> list && at.getItems() != null) {
      for (Object item : list) {
        check(at.getItems().getSchema(), item, sameItem(at, item, old), messages);
      }
    }
  }

  private static boolean holds(String rule, Object self, Object old) throws CelException {
    Map<String, Object> variables = new HashMap<>();
    variables.put("self", self);
    if (old != null) {
      variables.put("oldSelf", old);
    }
    return (Boolean) RUNTIME.createProgram(COMPILER.compile(rule).getAst()).eval(variables);
  }

  private static Object sameItem(JSONSchemaProps at, Object item, Object old) {
    if (!"map".equals(at.getXKubernetesListType()) || !(old instanceof List<?> before)) {
      return null;
    }
    Map<?, ?> wanted = (Map<?, ?>) item;
    return before.stream()
        .filter(
            candidate ->
                at.getXKubernetesListMapKeys().stream()
                    .allMatch(k -> Objects.equals(wanted.get(k), ((Map<?, ?>) candidate).get(k))))
        .findFirst()
        .orElse(null);
  }

  /** A copy in which numbers are CEL's, and fields with a default are there. */
  private static Object withDefaults(JSONSchemaProps at, Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((key, v) -> copy.put((String) key, withDefaults(property(at, key), v)));
        if (at.getProperties() != null) {
          at.getProperties()
              .forEach(
                  (key, property) -> {
                    if (property.getDefault() != null && !copy.containsKey(key)) {
                      copy.put(key, withDefaults(property, fromJson(property)));
                    }
                  });
        }
        yield copy;
      }
      case List<?> list -> list.stream().map(v -> withDefaults(items(at), v)).toList();
      case Integer number -> number.longValue();
      default -> value;
    };
  }

  private static Object fromJson(JSONSchemaProps property) {
    return Serialization.unmarshal(property.getDefault().toString(), Object.class);
  }

  private static JSONSchemaProps property(JSONSchemaProps at, Object key) {
    JSONSchemaProps found = at.getProperties() == null ? null : at.getProperties().get(key);
    return found == null ? new JSONSchemaProps() : found;
  }

  private static JSONSchemaProps items(JSONSchemaProps at) {
    return at.getItems() == null ? new JSONSchemaProps() : at.getItems().getSchema();
  }
}
