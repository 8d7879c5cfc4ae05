package io.vmsnap.harness.guest;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * What the guest's writer left on a disk state, checked by the rules that {@code writer} states:
 * the lines of {@code /records}, 64 bytes each (number, uptime in hundredths of a second, block,
 * checksum over all lines so far), and 1024 blocks of 4096 bytes, each 128 equal lines that name
 * the record and the block. It is the same check that the guest makes in its {@code verify} mode.
 */
public final class GuestRecords {
  static final int LINE_BYTES = 64;
  static final int BLOCK_BYTES = 4096;
  static final int BLOCK_LINE_BYTES = 32;
  static final int BLOCKS = 1024;

  private final long[] checksums;

  private GuestRecords(long[] checksums) {
    this.checksums = checksums;
  }

  /**
   * Reads a disk state. The ext4 journal is replayed, as a mount would, so the image is written to:
   * give a copy.
   *
   * @param image the first disk, a raw ext4 image
   * @param secondDisk the second disk as a raw image, where the machine had one; else null
   * @throws IOException if the state breaks a rule; the message tells which record or block
   */
  public static GuestRecords read(Path image, Path secondDisk)
      throws IOException, InterruptedException {
    Tool.Result check = Tool.of(system("e2fsck"), "-p", image.toString()).run();
    // 1: errors corrected, such as a replayed journal (e2fsck(8))
    if (check.exitStatus() > 1) {
      throw new IOException(image + " is no sound ext4: " + check.output());
    }
    Path records = dump(image, "records");
    Path blocks = secondDisk == null ? dump(image, "blocks") : secondDisk;
    try {
      return parse(Files.readAllBytes(records), head(blocks));
    } finally {
      Files.delete(records);
      if (secondDisk == null) {
        Files.delete(blocks);
      }
    }
  }

  static GuestRecords parse(byte[] records, byte[] blocks) throws IOException {
    if (records.length % LINE_BYTES != 0) {
      throw new IOException("/records ends in the middle of a record: " + records.length);
    }
    int count = records.length / LINE_BYTES;
    long[] checksums = new long[count];
    int[] lastOf = new int[BLOCKS];
    // A block is written before its record, so one that was cut off by a power cut may be one ahead
    // of the newest record, or hold the number of the first after a later boot.
    Set<Integer> unfinished = new HashSet<>(Set.of(count + 1));
    long before = 0;
    long checksum = 0;
    for (int number = 1; number <= count; number++) {
      String line = text(records, (number - 1) * LINE_BYTES, LINE_BYTES);
      int block;
      long found;
      try {
        if (Long.parseLong(line.substring(0, 10)) != number) {
          throw new IOException("record %d reads %s".formatted(number, line.substring(0, 10)));
        }
        block = Integer.parseInt(line.substring(22, 26));
        found = Long.parseLong(line.substring(27, 37));
        long uptime = Long.parseLong(line.substring(11, 21));
        if (uptime < before) {
          unfinished.add(number);
        }
        before = uptime;
      } catch (NumberFormatException e) {
        throw new IOException("record %d is torn: %s".formatted(number, line.strip()), e);
      }
      checksum = (checksum * 31 + number * 7919L + block * 104729L + 12345) & 0x7fffffff;
      if (found != checksum) {
        throw new IOException(
            "checksum of record %d is %d, not %d".formatted(number, found, checksum));
      }
      checksums[number - 1] = checksum;
      lastOf[block] = number;
    }
    for (int block = 0; block < BLOCKS; block++) {
      if (lastOf[block] > 0) {
        checkBlock(blocks, block, lastOf[block], count, unfinished);
      }
    }
    return new GuestRecords(checksums);
  }

  private static void checkBlock(
      byte[] blocks, int block, int last, int count, Set<Integer> unfinished) throws IOException {
    int from = block * BLOCK_BYTES;
    if (blocks.length < from + BLOCK_BYTES) {
      throw new IOException("block %d of record %d is missing".formatted(block, last));
    }
    Set<Integer> candidates = new HashSet<>(Set.of(last));
    unfinished.stream().filter(number -> number > last).forEach(candidates::add);
    for (int candidate : candidates) {
      byte[] expected =
          "n=%010d b=%04d............\n"
              .formatted(candidate, block)
              .repeat(BLOCK_BYTES / BLOCK_LINE_BYTES)
              .getBytes(StandardCharsets.US_ASCII);
      if (Arrays.equals(blocks, from, from + BLOCK_BYTES, expected, 0, BLOCK_BYTES)) {
        return;
      }
    }
    throw new IOException(
        "block %d, last written by record %d of %d, begins with: %s"
            .formatted(block, last, count, text(blocks, from, BLOCK_LINE_BYTES).strip()));
  }

  /** Number of records, all of them sound. */
  public int count() {
    return checksums.length;
  }

  /** Whether the other state holds all of these records, in this order, and maybe more. */
  public boolean isPrefixOf(GuestRecords later) {
    return checksums.length <= later.checksums.length
        && Arrays.equals(checksums, 0, checksums.length, later.checksums, 0, checksums.length);
  }

  private static String text(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.US_ASCII);
  }

  private static byte[] head(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(BLOCKS * BLOCK_BYTES);
    }
  }

  private static Path dump(Path image, String name) throws IOException, InterruptedException {
    Path file = image.resolveSibling(image.getFileName() + "." + name);
    Files.deleteIfExists(file);
    // debugfs ends with status 0 even where it finds no such file
    String output =
        Tool.of(
                system("debugfs"),
                "-R",
                "dump /%s %s".formatted(name, file.toAbsolutePath()),
                image.toString())
            .output();
    if (!Files.exists(file)) {
      throw new IOException("%s holds no file /%s: %s".formatted(image, name, output.strip()));
    }
    return file;
  }

  private static String system(String program) {
    Path found = Tool.find(program);
    return found == null ? program : found.toString();
  }
}
