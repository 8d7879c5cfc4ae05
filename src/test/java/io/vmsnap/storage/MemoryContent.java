package io.vmsnap.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/** Bytes of a file in memory, sparse in pages of 4 KiB. */
final class MemoryContent {
  static final int PAGE = 4096;
  private final TreeMap<Long, byte[]> pages = new TreeMap<>();
  private long size;

  long size() {
    return size;
  }

  MemoryContent copy() {
    MemoryContent copy = new MemoryContent();
    pages.forEach((number, page) -> copy.pages.put(number, page.clone()));
    copy.size = size;
    return copy;
  }

  int read(ByteBuffer buffer, long position) {
    if (position >= size) {
      return buffer.hasRemaining() ? -1 : 0;
    }
    int length = (int) Math.min(buffer.remaining(), size - position);
    for (int done = 0; done < length; ) {
      int offset = (int) ((position + done) % PAGE);
      int n = Math.min(PAGE - offset, length - done);
      byte[] page = pages.get((position + done) / PAGE);
      buffer.put(page == null ? new byte[n] : page, page == null ? 0 : offset, n);
      done += n;
    }
    return length;
  }

  void write(byte[] bytes, long position) {
    for (int done = 0; done < bytes.length; ) {
      int offset = (int) ((position + done) % PAGE);
      int n = Math.min(PAGE - offset, bytes.length - done);
      byte[] page = pages.computeIfAbsent((position + done) / PAGE, p -> new byte[PAGE]);
      System.arraycopy(bytes, done, page, offset, n);
      done += n;
    }
    size = Math.max(size, position + bytes.length);
  }

  void extendTo(long newSize) {
    size = Math.max(size, newSize);
  }

  void truncate(long newSize) {
    if (newSize < size) {
      punch(newSize, size - newSize);
      size = newSize;
    }
  }

  void punch(long position, long length) {
    long end = Math.min(position + length, size);
    for (long at = position; at < end; ) {
      long number = at / PAGE;
      int offset = (int) (at % PAGE);
      int n = (int) Math.min(PAGE - offset, end - at);
      if (n == PAGE || at + n == size && offset == 0) {
        pages.remove(number);
      } else if (pages.containsKey(number)) {
        Arrays.fill(pages.get(number), offset, offset + n, (byte) 0);
      }
      Long next = pages.ceilingKey(number + 1);
      at = next == null ? end : Math.max(at + n, next * PAGE);
    }
  }

  List<ByteRange> dataRanges(long position, long length) {
    List<ByteRange> result = new ArrayList<>();
    long end = Math.min(position + length, size);
    long at = position;
    while (at < end) {
      Long page = pages.ceilingKey(at / PAGE);
      if (page == null || page * PAGE >= end) {
        break;
      }
      long start = Math.max(at, page * PAGE);
      long stop = page;
      while (pages.containsKey(stop)) {
        stop++;
      }
      at = Math.min(stop * PAGE, end);
      result.add(new ByteRange(start, at - start));
    }
    return result;
  }

  long allocatedBytes() {
    return (long) pages.size() * PAGE;
  }
}
