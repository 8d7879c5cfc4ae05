package io.vmsnap.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.Test;

class JsonFormatterTest {
  private static final LogFields PROCESS = LogFields.parse("namespace=demo,vm=web");

  @Test
  void lineIsOneObjectWithWhatItIsAbout() throws IOException {
    ExtLogRecord entry = entry(Level.WARN, "no space in {0}", "web.vmdk");

    assertThat(read(entry))
        .containsExactlyEntriesOf(
            ordered(
                "timestamp", "2026-03-01T10:00:00.250Z",
                "level", "WARN",
                "logger", "io.vmsnap.runner.Housekeeping",
                "thread", "main",
                "message", "no space in web.vmdk",
                "namespace", "demo",
                "vm", "web"));
  }

  @Test
  void contextOfTheLineHasPrecedence() throws IOException {
    ExtLogRecord entry = entry(Level.INFO, "job created");
    entry.setMdc(Map.of("vm", "db", "snapshot", "before", "operation", "Create"));

    assertThat(read(entry))
        .containsEntry("namespace", "demo")
        .containsEntry("vm", "db")
        .containsEntry("snapshot", "before")
        .containsEntry("operation", "Create");
  }

  /** The operator framework logs outside of reconcilers too, and has keys of its own. */
  @Test
  void resourceOfTheFrameworkHasTheSameFields() throws IOException {
    ExtLogRecord entry = entry(Level.ERROR, "Uncaught error during event processing");
    entry.setMdc(
        Map.of(
            "resource.kind", "VMSnapshot",
            "resource.name", "before",
            "resource.namespace", "other",
            "resource.uid", "1-2-3",
            "eventsource.name", "jobs"));

    assertThat(read(entry))
        .containsEntry("namespace", "other")
        .containsEntry("snapshot", "before")
        .doesNotContainKeys("resource.name", "resource.uid", "eventsource.name");
  }

  @Test
  void frameworkThatDoesNotKnowTheKindYetGivesNamespaceAndName() throws IOException {
    ExtLogRecord entry = entry(Level.DEBUG, "submitted");
    entry.setMdc(Map.of("resource.name", "before", "resource.namespace", "other"));

    assertThat(read(entry))
        .containsEntry("level", "DEBUG")
        .containsEntry("namespace", "other")
        .containsEntry("resource", "before");
  }

  @Test
  void everyTextComesThrough() throws IOException {
    StringBuilder all = new StringBuilder();
    for (int c = 0; c < 0x180; c++) {
      all.append((char) c);
    }
    String text = all.append("\u2028\ud83d\ude00").toString();
    ExtLogRecord entry = entry(Level.INFO, text);

    assertThat(new JsonFormatter(PROCESS).format(entry).lines()).hasSize(1);
    assertThat(read(entry)).containsEntry("message", text);
    assertThat(read(entry(Level.INFO, "half \ud83d of it")))
        .containsEntry("message", "half \ufffd of it");
  }

  @Test
  void exceptionKeepsItsStackInTheSameLine() throws IOException {
    ExtLogRecord entry = entry(Level.ERROR, "lost");
    entry.setThrown(new IOException("gone", new IllegalStateException("why")));

    assertThat(read(entry))
        .containsEntry("error", "java.io.IOException: gone")
        .hasEntrySatisfying(
            "stack",
            stack -> assertThat(stack).contains("JsonFormatterTest", "Caused by", "IllegalState"));
  }

  @Test
  void fieldsPassThroughTheEnvironment() {
    LogFields fields = PROCESS.with(LogFields.SNAPSHOT, "before.1").with(LogFields.REVERT, null);

    assertThat(fields.text()).isEqualTo("namespace=demo,vm=web,snapshot=before.1");
    assertThat(LogFields.parse(fields.text())).isEqualTo(fields);
    assertThat(LogFields.parse(null).values()).isEmpty();
    assertThat(LogFields.parse(",=,nonsense,a=b").values()).containsOnlyKeys("a");
  }

  private static ExtLogRecord entry(java.util.logging.Level level, String message, Object... with) {
    ExtLogRecord entry =
        new ExtLogRecord(
            level, message, ExtLogRecord.FormatStyle.MESSAGE_FORMAT, "io.vmsnap.Caller");
    entry.setInstant(Instant.parse("2026-03-01T10:00:00.25Z"));
    entry.setLoggerName("io.vmsnap.runner.Housekeeping");
    entry.setThreadName("main");
    entry.setMdc(Map.of());
    if (with.length > 0) {
      entry.setParameters(with);
    }
    return entry;
  }

  private static Map<String, String> read(ExtLogRecord entry) throws IOException {
    return new ObjectMapper()
        .readValue(new JsonFormatter(PROCESS).format(entry), new TypeReference<>() {});
  }

  private static Map<String, String> ordered(String... namesAndValues) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }
}
