package io.vmsnap.harness.node;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code $(NAME)} in commands, arguments and environment values, as the API reference has it
 * (Container v1 core, {@code command}): unknown names stay as they are, {@code $$} is one dollar
 * sign, so {@code $$(NAME)} is the literal {@code $(NAME)}.
 */
final class VariableExpansion {
  private static final Pattern REFERENCE = Pattern.compile("\\$(?:\\$|\\(([^()]*)\\))");

  private VariableExpansion() {}

  static String expand(String text, Map<String, String> variables) {
    return REFERENCE
        .matcher(text)
        .replaceAll(
            match -> {
              String name = match.group(1);
              String value = name == null ? "$" : variables.getOrDefault(name, match.group());
              return Matcher.quoteReplacement(value);
            });
  }
}
