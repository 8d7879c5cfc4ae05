package io.vmsnap.harness.guest;

import io.vmsnap.harness.tool.Tool;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes kernel, initial file system and data disk from packages that are unpacked, not installed.
 */
final class GuestBuilder {
  private static final Pattern LIBRARY_PACKAGE = Pattern.compile("(lib|zlib).*");

  /** As the dynamic linker lists them: {@code libm.so.6 => /path/libm.so.6 (0x...)}. */
  private static final Pattern LIBRARY =
      Pattern.compile("^\\s*(\\S+) => (\\S+) \\(0x", Pattern.MULTILINE);

  private static final String LINKER = "lib64/ld-linux-x86-64.so.2";
  private static final String LIBRARIES = "lib/x86_64-linux-gnu";

  private final GuestRecipe recipe;
  private final Path work;
  private final Path root;
  private final Consumer<String> progress;

  GuestBuilder(GuestRecipe recipe, Path work, Consumer<String> progress) {
    this.recipe = recipe;
    this.work = work;
    this.root = work.resolve("root");
    this.progress = progress;
  }

  void build(Path product) throws IOException, InterruptedException {
    unpack();
    Files.copy(kernel(), product.resolve(GuestImage.KERNEL));
    progress.accept("writing the initial file system");
    writeInitrd(product.resolve(GuestImage.INITRD));
    progress.accept("making the data disk");
    makeDataDisk(product.resolve(GuestImage.DATA));
  }

  private void unpack() throws IOException, InterruptedException {
    DebianPackages packages = new DebianPackages(work, progress);
    packages.locate(GuestRecipe.KERNEL_PACKAGE);
    packages.locate(GuestRecipe.AGENT_PACKAGE);
    Set<String> wanted = new TreeSet<>();
    wanted.add(GuestRecipe.BUSYBOX_PACKAGE);
    wanted.add(GuestRecipe.AGENT_PACKAGE);
    packages.dependencies(GuestRecipe.KERNEL_PACKAGE).stream()
        .filter(name -> name.startsWith("linux-image-"))
        .forEach(wanted::add);
    Set<String> level = Set.of(GuestRecipe.AGENT_PACKAGE);
    while (!level.isEmpty()) {
      Set<String> next = new TreeSet<>();
      for (String name : packages.dependencies(level.toArray(String[]::new))) {
        if (LIBRARY_PACKAGE.matcher(name).matches() && wanted.add(name)) {
          next.add(name);
        }
      }
      level = next;
    }
    packages.unpack(wanted, root);
  }

  private Path kernel() throws IOException {
    return find("vmlinuz-.*")
        .orElseThrow(() -> new IOException("the kernel package holds no vmlinuz: " + root));
  }

  private void writeInitrd(Path file) throws IOException, InterruptedException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        CpioArchive archive = new CpioArchive(out)) {
      for (String directory :
          new String[] {
            "bin",
            "sbin",
            "usr",
            "usr/sbin",
            "modules",
            "lib",
            LIBRARIES,
            "lib64",
            "dev",
            "etc",
            "etc/acpi",
            "etc/acpi/PWRF"
          }) {
        archive.directory(directory);
      }
      // The kernel opens it for init's output before devtmpfs is there.
      archive.characterDevice("dev/console", 5, 1);
      archive.file("bin/busybox", 0755, Files.readAllBytes(file("busybox")));
      archive.link("bin/sh", "busybox");
      for (Map.Entry<String, byte[]> script : recipe.scripts().entrySet()) {
        archive.file(script.getKey(), 0755, script.getValue());
      }
      // What busybox acpid runs for the power button.
      archive.file(
          "etc/acpi/PWRF/00000080",
          0755,
          "#!/bin/sh\nexec /sbin/shutdown\n".getBytes(StandardCharsets.US_ASCII));
      addModules(archive);
      archive.file("usr/sbin/qemu-ga", 0755, Files.readAllBytes(file("qemu-ga")));
      for (Map.Entry<String, Path> library : agentLibraries().entrySet()) {
        archive.file(library.getKey(), 0755, Files.readAllBytes(library.getValue()));
      }
    }
  }

  private void addModules(CpioArchive archive) throws IOException, InterruptedException {
    int number = 0;
    for (String module : GuestRecipe.MODULES) {
      Optional<Path> found = find(module + "\\.ko(\\.xz|\\.zst|\\.gz)?");
      if (found.isEmpty()) {
        continue;
      }
      number++;
      archive.file("modules/%02d-%s.ko".formatted(number, module), 0644, unpacked(found.get()));
    }
  }

  private byte[] unpacked(Path module) throws IOException, InterruptedException {
    String name = module.getFileName().toString();
    String program =
        name.endsWith(".xz")
            ? "xz"
            : name.endsWith(".zst") ? "zstd" : name.endsWith(".gz") ? "gzip" : null;
    if (program == null) {
      return Files.readAllBytes(module);
    }
    Tool.of(program, "-d", "-k", module.toString()).output();
    return Files.readAllBytes(module.resolveSibling(name.substring(0, name.lastIndexOf('.'))));
  }

  /** Path in the guest to file, for the agent's libraries and the linker that loads them. */
  private Map<String, Path> agentLibraries() throws IOException, InterruptedException {
    Path linker = file("ld-linux-x86-64\\.so\\.2").toRealPath();
    String path =
        Stream.of("lib", "usr/lib")
            .map(d -> root.resolve(d).resolve("x86_64-linux-gnu").toString())
            .reduce((a, b) -> a + ":" + b)
            .orElseThrow();
    String listing =
        Tool.of(linker.toString(), "--library-path", path, "--list", file("qemu-ga").toString())
            .output();
    Map<String, Path> libraries = new TreeMap<>();
    libraries.put(LINKER, linker);
    Matcher matcher = LIBRARY.matcher(listing);
    while (matcher.find()) {
      if (!matcher.group(1).startsWith("/")) {
        libraries.put(LIBRARIES + "/" + matcher.group(1), Path.of(matcher.group(2)).toRealPath());
      }
    }
    return libraries;
  }

  private void makeDataDisk(Path disk) throws IOException, InterruptedException {
    // Content of the base disk: something that no delta should ever hold.
    Path seed = Files.createDirectory(work.resolve("seed"));
    byte[] content = new byte[8 << 20];
    new Random(20260101).nextBytes(content);
    Files.write(seed.resolve("base-content"), content);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(GuestImage.DATA_BYTES);
    }
    Tool.of(
            Tool.find("mkfs.ext4") == null ? "mkfs.ext4" : Tool.find("mkfs.ext4").toString(),
            "-q",
            "-F",
            "-L",
            "vmsnap-demo",
            "-d",
            seed.toString(),
            "-J",
            "size=8",
            // else the guest's kernel goes on initialising tables long after the mount
            "-E",
            "lazy_itable_init=0,lazy_journal_init=0",
            disk.toString())
        .output();
  }

  private Path file(String pattern) throws IOException {
    return find(pattern).orElseThrow(() -> new IOException("the packages hold no file " + pattern));
  }

  private Optional<Path> find(String pattern) throws IOException {
    Pattern name = Pattern.compile(pattern);
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(f -> name.matcher(f.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .sorted()
          .findFirst();
    }
  }
}
