package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A pattern of requests, run by {@code qemu-img bench} with 16 requests in flight.
 *
 * @param label for the report
 * @param write whether it writes
 * @param count of requests
 * @param size of a request in bytes
 * @param step bytes from the start of one request to that of the next
 * @param cached whether the host's page cache takes part
 */
record Load(String label, boolean write, int count, int size, int step, boolean cached) {
  private static final Pattern SECONDS = Pattern.compile("Run completed in ([0-9.]+) seconds");
  private static final int DEPTH = 16;
  private static final int KIB = 1 << 10;

  Load(String label, boolean write, int count, int size, int step) {
    this(label, write, count, size, step, true);
  }

  /** The whole disk in requests of 64 KiB, one after the other, so many times. */
  static Load sequential(String label, long capacity, boolean write, int times) {
    return new Load(label, write, times * (int) (capacity / (64 * KIB)), 64 * KIB, 64 * KIB);
  }

  /** 4 KiB in every 256 KiB, so never two in one cluster, so many times. */
  static Load scattered(String label, long capacity, boolean write, int times) {
    return new Load(label, write, times * (int) (capacity / (256 * KIB)), 4 * KIB, 256 * KIB);
  }

  /** The same pattern, cut short: a rate needs no more, where a whole run would take minutes. */
  Load atMost(int requests) {
    return new Load(label, write, Math.min(count, requests), size, step, cached);
  }

  /** The same pattern on the volume itself. */
  Load pastTheCache(String name) {
    return new Load(name, write, count, size, step, false);
  }

  /** Requests in a second. */
  double run(String node) throws IOException, InterruptedException {
    return runFrom(0, node);
  }

  double runFrom(long offset, String node) throws IOException, InterruptedException {
    if (!cached) {
      Tool.of("sync").output(); // a direct read would write back first what is dirty there
    }
    List<String> command =
        new ArrayList<>(List.of("qemu-img", "bench", "-t", cached ? "writeback" : "none"));
    if (write) {
      command.addAll(List.of("-w", "--pattern=90"));
    }
    command.addAll(
        List.of(
            "-o",
            "" + offset,
            "-c",
            "" + count,
            "-d",
            "" + DEPTH,
            "-s",
            "" + size,
            "-S",
            "" + step,
            "json:" + node));
    String output = Tool.of(command).output();
    Matcher seconds = SECONDS.matcher(output);
    if (!seconds.find()) {
      throw new IOException("qemu-img bench said: " + output);
    }
    return count / Math.max(0.001, Double.parseDouble(seconds.group(1)));
  }

  /** A rate in words. */
  String describe(double requestsPerSecond) {
    return String.format("%,.0f %s", inUnit(requestsPerSecond), unit());
  }

  /** That of a rate: bytes for large requests, requests for small ones. */
  String unit() {
    return size >= 64 * KIB ? "MiB/s" : "/s";
  }

  double inUnit(double requestsPerSecond) {
    return size >= 64 * KIB ? requestsPerSecond * size / (1 << 20) : requestsPerSecond;
  }
}
