package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Where a process listens, as the kernel tells it in {@code /proc}. */
final class ListeningSockets {
  private static final String LISTEN = "0A";

  private ListeningSockets() {}

  /** Addresses as {@code 127.0.0.1:2379}; an IPv6 one is given as the kernel's hexadecimal. */
  static List<String> of(long pid) throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        String target = readLink(descriptor);
        if (target.startsWith("socket:[")) {
          inodes.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    }
    List<String> addresses = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6")) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/net/" + table))) {
        String[] fields = line.strip().split("\\s+");
        if (fields[3].equals(LISTEN) && inodes.contains(fields[9])) {
          addresses.add(address(fields[1]));
        }
      }
    }
    return addresses;
  }

  private static String readLink(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  private static String address(String hexadecimal) {
    String[] parts = hexadecimal.split(":");
    int port = Integer.parseInt(parts[1], 16);
    if (parts[0].length() != 8) {
      return "[" + parts[0] + "]:" + port;
    }
    int address = Integer.parseUnsignedInt(parts[0], 16);
    return "%d.%d.%d.%d:%d"
        .formatted(
            address & 0xff, address >>> 8 & 0xff, address >>> 16 & 0xff, address >>> 24, port);
  }
}
