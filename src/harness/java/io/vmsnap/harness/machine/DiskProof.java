package io.vmsnap.harness.machine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmsnap.harness.guest.GuestRecords;
import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Looks at the files of a VM directory with tools that are not ours. */
public final class DiskProof {
  private final Path directory;

  public DiskProof(Path directory) {
    this.directory = directory;
  }

  /** SHA-256 of a file. */
  public String hash(String file) throws IOException {
    try (InputStream in = Files.newInputStream(directory.resolve(file));
        DigestInputStream digest =
            new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
      byte[] buffer = new byte[1 << 20];
      while (digest.read(buffer) >= 0) {
        // the stream counts
      }
      return HexFormat.of().formatHex(digest.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * What {@code qemu-img info} says of a descriptor.
   *
   * @throws IOException if qemu-img does not read it as a VMDK
   */
  public JsonNode info(String descriptor) throws IOException, InterruptedException {
    String json =
        qemuImg("info", "--force-share", "-f", "vmdk", "--output=json", descriptor).output();
    return new ObjectMapper().readTree(json);
  }

  /** The whole content of a disk, as qemu-img's VMDK driver reads it, as a raw image. */
  public Path export(String descriptor, Path target) throws IOException, InterruptedException {
    qemuImg("convert", "--force-share", "-f", "vmdk", "-O", "raw", descriptor, target.toString())
        .output();
    return target;
  }

  /** Whether two images, given as qemu-img takes them, have equal content. */
  public Tool.Result compare(String first, String second) throws IOException, InterruptedException {
    return qemuImg("compare", "--force-share", first, second).run();
  }

  /**
   * The same disk through the live index, the way the running machine saw it.
   *
   * @param descriptor of a delta disk
   * @param base descriptor's extent at the bottom of the chain
   * @param deltas names of the deltas from the base up to this one, without suffix
   * @param dataOffset H of the layout
   */
  public String throughIndex(List<String> deltas, String base, long dataOffset) {
    String node =
        "{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}}"
            .formatted(directory.resolve(base));
    for (String delta : deltas) {
      node =
          ("{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"%s\"},"
                  + "\"data-file\":{\"driver\":\"raw\",\"offset\":%d,"
                  + "\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}},\"backing\":%s}")
              .formatted(
                  directory.resolve(".vmsnap").resolve(delta + ".idx"),
                  dataOffset,
                  directory.resolve(delta + "-delta.vmdk"),
                  node);
    }
    return "json:" + node;
  }

  /** The guest's records in a disk state, read on the host. */
  public GuestRecords records(String descriptor, String secondDescriptor, Path work)
      throws IOException, InterruptedException {
    Path image = export(descriptor, Files.createTempFile(work, "state", ".raw"));
    Path second = null;
    try {
      if (secondDescriptor != null) {
        second = export(secondDescriptor, Files.createTempFile(work, "second", ".raw"));
      }
      return GuestRecords.read(image, second);
    } finally {
      Files.deleteIfExists(image);
      if (second != null) {
        Files.deleteIfExists(second);
      }
    }
  }

  /** One process that has a file open. */
  public record Opened(long pid, boolean writable) {}

  /** Who has the file open, and how, as the kernel tells in /proc. */
  public List<Opened> whoHasOpen(String file) throws IOException {
    Path real = directory.resolve(file).toRealPath();
    List<Opened> found = new ArrayList<>();
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      for (Path process : processes.toList()) {
        if (process.getFileName().toString().chars().allMatch(Character::isDigit)) {
          addDescriptors(process, real, found);
        }
      }
    }
    return found;
  }

  private static void addDescriptors(Path process, Path real, List<Opened> found) {
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.readSymbolicLink(descriptor).equals(real)) {
          String info =
              Files.readString(process.resolve("fdinfo").resolve(descriptor.getFileName()));
          // "flags:" is octal; its lowest two bits are the access mode (open(2))
          long flags =
              info.lines()
                  .filter(line -> line.startsWith("flags:"))
                  .mapToLong(line -> Long.parseLong(line.substring(6).strip(), 8))
                  .findFirst()
                  .orElse(0);
          found.add(new Opened(Long.parseLong(process.getFileName().toString()), (flags & 3) != 0));
        }
      }
    } catch (IOException e) {
      // the process has ended, or is not ours to look into
    }
  }

  private Tool qemuImg(String... arguments) {
    return Tool.of("qemu-img").and(arguments).in(directory);
  }
}
