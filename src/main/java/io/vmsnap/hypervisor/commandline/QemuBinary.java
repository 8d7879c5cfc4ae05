package io.vmsnap.hypervisor.commandline;

import io.vmsnap.hypervisor.HypervisorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The installed QEMU and what it can do, found by asking it.
 *
 * @param program its executable
 * @param version such as {@code 10.0.2}
 * @param newestMachineType the newest versioned {@code pc-q35}: what new machines are pinned to
 * @param machineTypes all versioned {@code pc-q35} types
 */
public record QemuBinary(
    Path program, String version, String newestMachineType, List<String> machineTypes) {
  /** Names the executable when it is not on the search path. */
  public static final String ENVIRONMENT_VARIABLE = "VMSNAP_QEMU";

  /** Debian and most others; Fedora's and RHEL's second place. */
  private static final List<String> NAMES =
      List.of("qemu-system-x86_64", "/usr/libexec/qemu-kvm", "/usr/bin/qemu-kvm");

  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final int MAX_OUTPUT_BYTES = 1 << 20;
  private static final Pattern VERSION = Pattern.compile("version ([0-9]+\\.[0-9]+\\.[0-9]+)");
  private static final Pattern MACHINE =
      Pattern.compile("^(pc-q35-([0-9]+)\\.([0-9]+)) ", Pattern.MULTILINE);
  private static final Pattern USER_NETWORK = Pattern.compile("^user$", Pattern.MULTILINE);

  /**
   * @param environment of this process
   * @throws HypervisorException if there is no QEMU, or it lacks something that every machine needs
   */
  public static QemuBinary find(Map<String, String> environment) throws HypervisorException {
    Path program = locate(environment);
    Matcher version = VERSION.matcher(ask(program, "--version"));
    if (!version.find()) {
      throw new HypervisorException(program + " --version tells no version", false, null);
    }
    List<String> types = machineTypes(ask(program, "-machine", "help"));
    if (types.isEmpty()) {
      throw new HypervisorException(program + " has no pc-q35 machine", false, null);
    }
    if (!USER_NETWORK.matcher(ask(program, "-netdev", "help")).find()) {
      throw new HypervisorException(
          program + " was built without user-mode networking (-netdev user, libslirp)",
          false,
          null);
    }
    return new QemuBinary(program, version.group(1), types.getLast(), types);
  }

  /** Oldest first. */
  static List<String> machineTypes(String help) {
    return MACHINE
        .matcher(help)
        .results()
        .sorted(
            Comparator.comparingInt((MatchResult type) -> Integer.parseInt(type.group(2)))
                .thenComparingInt(type -> Integer.parseInt(type.group(3))))
        .map(type -> type.group(1))
        .toList();
  }

  private static Path locate(Map<String, String> environment) throws HypervisorException {
    String named = environment.get(ENVIRONMENT_VARIABLE);
    List<String> names = named == null ? NAMES : List.of(named);
    List<String> folders = List.of(environment.getOrDefault("PATH", "/usr/bin:/bin").split(":"));
    for (String name : names) {
      for (String folder : folders) {
        Path candidate = Path.of(folder).resolve(name);
        if (Files.isExecutable(candidate)) {
          return candidate;
        }
      }
    }
    throw new HypervisorException(
        "no QEMU found: install qemu-system-x86 or set "
            + ENVIRONMENT_VARIABLE
            + " (looked for "
            + String.join(", ", names)
            + ")",
        false,
        null);
  }

  private static String ask(Path program, String... arguments) throws HypervisorException {
    ProcessBuilder builder = new ProcessBuilder(program.toString());
    builder.command().addAll(List.of(arguments));
    builder.redirectErrorStream(true);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      // A hanging program ends the reading below by being killed.
      process
          .onExit()
          .orTimeout(DEADLINE.toSeconds(), TimeUnit.SECONDS)
          .exceptionally(
              late -> {
                process.destroyForcibly();
                return process;
              });
      byte[] output = process.getInputStream().readNBytes(MAX_OUTPUT_BYTES);
      process.destroyForcibly();
      return new String(output, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new HypervisorException(
          "cannot run " + program + " " + String.join(" ", arguments) + ": " + e.getMessage(),
          false,
          e);
    }
  }
}
