package io.vmsnap.harness;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ./vmsnap logs [-f] POD}: reads the node's files, so it works when the API server does not,
 * and for pods that are gone.
 */
@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Prints the newest log of a pod of ./vmsnap dev, even if the pod is gone.")
public final class Logs implements Callable<Integer> {
  private static final long POLL_MILLIS = 300;
  private static final int BLOCK = 64 * 1024;

  @Parameters(paramLabel = "POD", description = "Its name, or how it begins.")
  String pod;

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default")
  String namespace;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until Ctrl-C.")
  boolean follow;

  @Option(names = "--directory", defaultValue = ".vmsnap/dev")
  Path directory;

  public static void main(String... args) {
    System.exit(new CommandLine(new Logs()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path logs = directory.resolve("node/logs");
    List<Path> files = find(logs);
    if (files.isEmpty()) {
      System.err.println("no log of a pod " + pod + " in namespace " + namespace + " in " + logs);
      return 1;
    }
    print(files.getLast());
    return 0;
  }

  /** Logs of matching pods, the newest last. */
  private List<Path> find(Path logs) throws IOException {
    if (!Files.isDirectory(logs)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(logs)) {
      return all.filter(file -> file.toString().endsWith(".log"))
          .filter(file -> logs.relativize(file).toString().startsWith(namespace + "_" + pod))
          .sorted(Comparator.comparing(file -> file.toFile().lastModified()))
          .toList();
    }
  }

  private void print(Path log) throws IOException, InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      byte[] block = new byte[BLOCK];
      while (true) {
        int count = file.read(block);
        if (count > 0) {
          System.out.write(block, 0, count);
        } else if (follow) {
          System.out.flush();
          never.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } else {
          System.out.flush();
          return;
        }
      }
    }
  }
}
