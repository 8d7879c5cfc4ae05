package io.vmsnap.snapshot.adopt;

import io.vmsnap.disk.copy.Chunk;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of what a layer says: for each block that it holds, in order, the block's offset (8
 * bytes, big-endian) and content. Two layers with the same digest over the same parent are the same
 * disk, in whatever format each is.
 */
final class LayerDigest {
  private final MessageDigest digest;

  LayerDigest() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  void add(Chunk chunk) {
    ByteBuffer offset = ByteBuffer.allocate(Long.BYTES);
    chunk.blocks().stream()
        .forEach(
            i -> {
              offset.putLong(0, chunk.offset() + (long) i * chunk.blockBytes());
              digest.update(offset.clear());
              digest.update(chunk.block(i));
            });
  }

  /** The digest in hexadecimal; ends it. */
  String finish() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
