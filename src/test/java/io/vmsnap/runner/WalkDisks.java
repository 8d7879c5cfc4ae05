package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.job.HumanMonitor;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Blocks of two disks, each filled with one pattern, 0 for zeros; so far apart that clusters of an
 * index are used in part.
 */
final class WalkDisks {
  static final int DISKS = 2;

  /** Of all disks. */
  static final int BLOCKS = 96;

  private static final int ON_ONE = BLOCKS / DISKS;
  private static final int BLOCK = 4096;
  private static final int STRIDE = 5 * BLOCK;

  /** Writes some blocks, and the same to the model. */
  void write(HumanMonitor monitor, byte[] model, Random random) throws HypervisorException {
    for (int i = random.nextInt(8); i >= 0; i--) {
      int block = random.nextInt(BLOCKS);
      byte pattern = (byte) (random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(250));
      String command = pattern == 0 ? "write -z -u -q" : "write -q -P " + (pattern & 0xff);
      monitor.onDisk(block / ON_ONE, command + " " + range(block));
      model[block] = pattern;
    }
  }

  void flush(HumanMonitor monitor) throws HypervisorException {
    for (int disk = 0; disk < DISKS; disk++) {
      monitor.onDisk(disk, "flush");
    }
  }

  /** What the machine reads. */
  void verify(HumanMonitor monitor, byte[] model, String where) throws HypervisorException {
    for (int block = 0; block < BLOCKS; block++) {
      try {
        monitor.onDisk(block / ON_ONE, "read -q -P " + (model[block] & 0xff) + " " + range(block));
      } catch (IllegalStateException e) {
        throw new AssertionError(where + ": QEMU finds something else", e);
      }
    }
  }

  /** What our readers find; fails if a block is not made of one pattern. */
  static byte[] read(VmStorage storage, List<String> descriptors) throws IOException {
    byte[] patterns = new byte[BLOCKS];
    byte[] bytes = new byte[BLOCK];
    byte[] whole = new byte[BLOCK];
    for (int disk = 0; disk < DISKS; disk++) {
      DiskChain chain = DiskChain.open(storage, descriptors.get(disk));
      try (ChainContent content = chain.content(storage, DiskChain.View.INDEX)) {
        for (int i = 0; i < ON_ONE; i++) {
          content.read(ByteBuffer.wrap(bytes), (long) i * STRIDE);
          Arrays.fill(whole, bytes[0]);
          assertThat(bytes).as(descriptors.get(disk) + " block " + i).isEqualTo(whole);
          patterns[disk * ON_ONE + i] = bytes[0];
        }
      }
    }
    return patterns;
  }

  private static String range(int block) {
    return block % ON_ONE * STRIDE + " " + BLOCK;
  }
}
