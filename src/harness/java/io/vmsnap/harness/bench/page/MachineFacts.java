package io.vmsnap.harness.bench.page;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What about a machine decides over its figures. */
public final class MachineFacts {
  private static final Pattern VERSION = Pattern.compile("\\d+(\\.\\d+)+");

  private MachineFacts() {}

  /**
   * @param folder on the volume that is measured
   */
  public static Map<String, String> of(Path folder) throws IOException, InterruptedException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "processor",
        Runtime.getRuntime().availableProcessors()
            + " cores, "
            + line(Path.of("/proc/cpuinfo"), "model name\\s*:\\s*(.+)"));
    String kilobytes = line(Path.of("/proc/meminfo"), "MemTotal:\\s*(\\d+) kB");
    facts.put(
        "RAM",
        kilobytes.matches("\\d+")
            ? Amount.number(Long.parseLong(kilobytes) / (double) (1 << 20)) + " GiB"
            : kilobytes);
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    FileStore store = Files.getFileStore(folder);
    facts.put(
        "file system",
        store.type() + " on " + store.name() + ", " + (store.getUsableSpace() >> 30) + " GiB free");
    facts.put("accelerator", "TCG: all guests here are emulated");
    facts.put("QEMU", version("qemu-system-x86_64", "--version"));
    facts.put("libvirt", version("virsh", "--version"));
    facts.put("Java", Runtime.version().toString());
    facts.put("load when it began", line(Path.of("/proc/loadavg"), "^([0-9. ]+?) \\d+/"));
    return facts;
  }

  private static String line(Path file, String pattern) throws IOException {
    Pattern compiled = Pattern.compile(pattern);
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(compiled::matcher)
          .filter(Matcher::find)
          .map(m -> m.group(1).strip())
          .findFirst()
          .orElse("unknown");
    }
  }

  private static String version(String program, String option)
      throws IOException, InterruptedException {
    Path found = Tool.find(program);
    if (found == null) {
      return "not installed";
    }
    Matcher matcher = VERSION.matcher(Tool.of(List.of(found.toString(), option)).output());
    return matcher.find() ? matcher.group() : "unknown";
  }
}
