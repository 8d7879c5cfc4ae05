package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Grains of a streamOptimized extent, each an RFC 1950 (zlib) stream behind a marker: the grain's
 * first sector in the extent (8 bytes), the stream's length in bytes (4), the stream. Source:
 * VMware "Virtual Disk Format 5.0", "Stream-Optimized Compressed Sparse Extents".
 */
final class CompressedGrains {
  static final int MARKER = 12;

  /** Grains are 64 KiB in practice; this bounds what a damaged header can make us allocate. */
  static final int MAX_GRAIN = 1 << 20;

  private static final int KEPT = 32;

  private final StorageFile file;
  private final long fileSize;
  private final long capacity;
  private final int grainBytes;
  private final boolean markers;
  private final RecentlyUsed<byte[]> kept = new RecentlyUsed<>(KEPT);

  CompressedGrains(StorageFile file, long capacity, int grainBytes, boolean markers)
      throws IOException {
    this.file = file;
    this.fileSize = file.size();
    this.capacity = capacity;
    this.grainBytes = grainBytes;
    this.markers = markers;
  }

  /** Puts a part of a grain, whose marker is at the offset of the file, into the buffer. */
  void read(ByteBuffer buffer, int length, long offset, long grain, int within) throws IOException {
    // only grains that are read in parts are worth keeping
    byte[] content =
        length == grainBytes
            ? inflate(offset, grain)
            : kept.get(offset, () -> inflate(offset, grain));
    buffer.put(content, within, length);
  }

  private byte[] inflate(long offset, long grain) throws IOException {
    ByteBuffer stream = stream(offset, grain);
    byte[] content = new byte[grainBytes];
    int expected = (int) Math.min(grainBytes, capacity - grain * grainBytes);
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(stream);
      int length = 0;
      while (length < content.length) {
        int n = inflater.inflate(content, length, content.length - length);
        if (n == 0) {
          break;
        }
        length += n;
      }
      if (length < expected) {
        throw CorruptDiskException.at(
            file.name(),
            offset,
            "grain " + grain + " inflates to " + length + " bytes, not " + expected);
      }
    } catch (DataFormatException e) {
      throw CorruptDiskException.at(
          file.name(), offset, "grain " + grain + " is no zlib stream: " + e.getMessage());
    }
    return content;
  }

  private ByteBuffer stream(long offset, long grain) throws IOException {
    int longest = 2 * grainBytes + 64;
    if (!markers) {
      return bytes(offset, (int) Math.min(longest, fileSize - offset));
    }
    ByteBuffer marker = bytes(offset, MARKER);
    long sector = marker.getLong();
    long size = Integer.toUnsignedLong(marker.getInt());
    if (sector != grain * (grainBytes / Extent.SECTOR)) {
      throw CorruptDiskException.at(
          file.name(), offset, "the marker of grain " + grain + " is that of sector " + sector);
    }
    if (size == 0 || size > longest || size > fileSize - offset - MARKER) {
      throw CorruptDiskException.at(
          file.name(), offset + 8, "grain " + grain + " has an impossible length: " + size);
    }
    return bytes(offset + MARKER, (int) size);
  }

  private ByteBuffer bytes(long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    file.readFully(bytes, offset);
    return bytes.flip();
  }
}
