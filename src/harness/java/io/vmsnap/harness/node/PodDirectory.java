package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where a pod's files are in the node's data directory: {@code pods/UID} lives as long as the pod,
 * {@code logs/NAMESPACE_NAME_UID} stays for whoever looks for the cause of a failure.
 */
record PodDirectory(Path root, Path logs) {
  static PodDirectory of(Path dataDirectory, ObjectMeta pod) {
    return new PodDirectory(
        dataDirectory.resolve("pods").resolve(pod.getUid()),
        dataDirectory
            .resolve("logs")
            .resolve(pod.getNamespace() + "_" + pod.getName() + "_" + pod.getUid()));
  }

  Path volume(String name) {
    return root.resolve("volumes").resolve(name);
  }

  /** Working directory of a container that names none. */
  Path workingDirectory(String container) {
    return root.resolve("containers").resolve(container).resolve("work");
  }

  Path terminationMessage(String container) {
    return root.resolve("containers").resolve(container).resolve("termination-message");
  }

  /** Log of one run of a container; run 0 is the first. */
  Path log(String container, int run) {
    return logs.resolve(container).resolve(run + ".log");
  }

  void delete() throws IOException {
    deleteTree(root);
  }

  /** Deletes a directory with all it holds; follows no links. */
  static void deleteTree(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.deleteIfExists(directory);
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            if (!Files.isWritable(dir)) {
              Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
