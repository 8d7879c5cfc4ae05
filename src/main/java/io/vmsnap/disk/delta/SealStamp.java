package io.vmsnap.disk.delta;

import io.vmsnap.disk.index.IndexGeometry;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * What the index said at the last seal, one digest for each L2 table, so that the next seal looks
 * only at gibibytes that changed. Big endian:
 *
 * <pre>
 * 0   char[8]  "VMSSEAL1"
 * 8   u32      CID of the delta
 * 12  u32      generation in the extent's header
 * 16  36 bytes for each gibibyte: SHA-256 of its L2 table, or zeros if the next seal has to look
 *     at it in any case; and u32 grains held
 * then         SHA-256 of all of the above
 * </pre>
 *
 * <p>It is a memory aid: written without syncing, ignored if it is torn, missing, or of another
 * generation or delta, in which case a seal compares all tables.
 */
final class SealStamp {
  private static final long MAGIC = 0x564d535345414c31L;
  private static final int HEADER = 16;
  private static final int DIGEST = 32;
  private static final int ENTRY = DIGEST + Integer.BYTES;

  /** The digest of no table. */
  static final byte[] UNKNOWN = new byte[DIGEST];

  private final ByteBuffer bytes;

  private SealStamp(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The stamp of that generation, or one that knows nothing. */
  static SealStamp read(VmStorage storage, DeltaDisk delta, int generation) throws IOException {
    SealStamp stamp = new SealStamp(ByteBuffer.allocate(size(delta)));
    stamp.bytes.putLong(0, MAGIC).putInt(8, delta.cid().value()).putInt(12, generation);
    String name = delta.files().stamp();
    if (!storage.exists(name)) {
      return stamp;
    }
    ByteBuffer found = ByteBuffer.allocate(size(delta));
    try (StorageFile file = storage.open(name, OpenMode.READ)) {
      if (file.size() != found.capacity()) {
        return stamp;
      }
      file.readFully(found, 0);
    }
    boolean valid =
        Arrays.equals(found.array(), 0, HEADER, stamp.bytes.array(), 0, HEADER)
            && Arrays.equals(
                digestOf(found), Arrays.copyOfRange(found.array(), end(found), found.capacity()));
    return valid ? new SealStamp(found) : stamp;
  }

  boolean isSame(int gibibyte, byte[] digest) {
    int at = HEADER + gibibyte * ENTRY;
    return Arrays.equals(bytes.array(), at, at + DIGEST, digest, 0, DIGEST);
  }

  int grains(int gibibyte) {
    return bytes.getInt(HEADER + gibibyte * ENTRY + DIGEST);
  }

  void set(int gibibyte, byte[] digest, int grains) {
    bytes.put(HEADER + gibibyte * ENTRY, digest).putInt(HEADER + gibibyte * ENTRY + DIGEST, grains);
  }

  /** Writes it for the generation. */
  void write(VmStorage storage, DeltaDisk delta, int generation) throws IOException {
    bytes.putInt(12, generation);
    bytes.put(end(bytes), digestOf(bytes));
    String name = delta.files().stamp();
    try (StorageFile file =
        storage.exists(name) ? storage.open(name, OpenMode.READ_WRITE) : storage.create(name)) {
      file.truncate(bytes.capacity());
      file.write(bytes.duplicate().clear(), 0);
    }
  }

  private static int size(DeltaDisk delta) {
    long gibibytes = Math.ceilDiv(delta.layout().capacity(), IndexGeometry.L2_COVERAGE);
    return HEADER + (int) gibibytes * ENTRY + DIGEST;
  }

  private static int end(ByteBuffer bytes) {
    return bytes.capacity() - DIGEST;
  }

  private static byte[] digestOf(ByteBuffer bytes) {
    MessageDigest sha = sha256();
    sha.update(bytes.array(), 0, end(bytes));
    return sha.digest();
  }
}
