package io.vmsnap.harness.guest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Keeps built guests, one directory per recipe; a directory that exists is complete. */
final class GuestCache {
  private static final Object IN_THIS_JVM = new Object();

  private final Path root;

  GuestCache(Path root) {
    this.root = root;
  }

  static Path defaultDirectory() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return base.resolve("vmsnap").resolve("guest");
  }

  GuestImage get(Consumer<String> progress) throws IOException, InterruptedException {
    GuestRecipe recipe = GuestRecipe.load();
    Path wanted = root.resolve(key(recipe));
    if (Files.isDirectory(wanted)) {
      return new GuestImage(wanted);
    }
    Files.createDirectories(root);
    // A file lock holds between processes only, so threads queue here first.
    synchronized (IN_THIS_JVM) {
      try (FileChannel channel =
              FileChannel.open(
                  root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (lock.isValid() && !Files.isDirectory(wanted)) {
          build(recipe, wanted, progress);
        }
      }
    }
    return new GuestImage(wanted);
  }

  private void build(GuestRecipe recipe, Path wanted, Consumer<String> progress)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory(root, "build-");
    try {
      Path product = Files.createDirectory(work.resolve("product"));
      new GuestBuilder(recipe, work, progress).build(product);
      Files.move(product, wanted, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      deleteTree(work);
    }
  }

  /** The release is part of the key: a kernel of one does not load modules of another. */
  private static String key(GuestRecipe recipe) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(recipe.fingerprint().getBytes(StandardCharsets.UTF_8));
      Path release = Path.of("/etc/os-release");
      if (Files.exists(release)) {
        digest.update(Files.readAllBytes(release));
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  static void deleteTree(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
