package io.vmsnap.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.EventReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Who looks up the reason of an Event finds it. */
class TroubleshootingTest {
  private static final Pattern ROW =
      Pattern.compile(
          "(?m)^\\| `(\\w+)` \\| (?:VirtualMachine|VMSnapshot(?:Revert|Schedule)?|any) \\| [NW] \\| .{10,} \\|$");

  @Test
  void everyReasonHasOneRowAndEveryRowIsAReason() throws Exception {
    String page = Files.readString(Path.of("docs/operations/troubleshooting.md"));
    String events = page.substring(page.indexOf("\n## Events"));

    List<String> rows = ROW.matcher(events).results().map(row -> row.group(1)).toList();

    assertThat(rows)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(EventReason.values()).map(Enum::name).toList());
  }
}
