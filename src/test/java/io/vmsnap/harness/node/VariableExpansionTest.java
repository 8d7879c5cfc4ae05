package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariableExpansionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          $(NAME)       | web
          a-$(NAME)-b   | a-web-b
          $(NAME)$(NAME)| webweb
          $(MISSING)    | $(MISSING)
          $$(NAME)      | $(NAME)
          $$$(NAME)     | $web
          $NAME         | $NAME
          $(NAME        | $(NAME
          100$          | 100$
          $(MONEY)      | $5 \\1
          """)
  void expandsAsTheApiReferenceSays(String text, String expected) {
    assertThat(VariableExpansion.expand(text, Map.of("NAME", "web", "MONEY", "$5 \\1")))
        .isEqualTo(expected);
  }
}
