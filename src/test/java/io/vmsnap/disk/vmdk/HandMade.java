package io.vmsnap.disk.vmdk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;

/**
 * Writes extents as VMware's programs do, from the formats' descriptions and independently of the
 * code under test. A layer is a map from grain number to content; an empty array is a grain of
 * zeros.
 */
public final class HandMade {
  private HandMade() {}

  /** A descriptor as VMware writes it. */
  public static String descriptor(
      String createType, String cid, String parentCid, String parent, String... extents) {
    return "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID="
        + cid
        + "\nparentCID="
        + parentCid
        + "\nisNativeSnapshot=\"no\"\ncreateType=\""
        + createType
        + "\"\n"
        + (parent == null ? "" : "parentFileNameHint=\"" + parent + "\"\n")
        + "\n# Extent description\n"
        + String.join("\n", extents)
        + "\n\n# The Disk Data Base \n#DDB\n\nddb.adapterType = \"lsilogic\"\n";
  }

  /** ESXi's vmfsSparse: grains in the order of their first write, which the seed decides. */
  public static byte[] cowd(
      long sectors, int grainSectors, SortedMap<Long, byte[]> grains, long seed) {
    int coverage = 4096 * grainSectors;
    int tables = (int) ((sectors + coverage - 1) / coverage);
    int directorySectors = (tables * 4 + 511) / 512;
    List<Long> order = new ArrayList<>(grains.keySet());
    Collections.shuffle(order, new Random(seed));
    int[] tableSector = new int[tables];
    int next = 4 + directorySectors;
    for (long grain : order) {
      int table = (int) (grain / 4096);
      if (tableSector[table] == 0) {
        tableSector[table] = next;
        next += 32;
      }
    }
    int dataSector = next;
    ByteBuffer out = little((dataSector + (long) order.size() * grainSectors) * 512);
    out.put(0, "COWD".getBytes());
    out.putInt(4, 1).putInt(8, 3).putInt(12, (int) sectors).putInt(16, grainSectors);
    out.putInt(20, 4).putInt(24, tables).putInt(28, out.capacity() / 512);
    for (int i = 0; i < tables; i++) {
      out.putInt(2048 + i * 4, tableSector[i]);
    }
    for (long grain : order) {
      int entry = tableSector[(int) (grain / 4096)] * 512 + (int) (grain % 4096) * 4;
      out.putInt(entry, dataSector);
      out.put(dataSector * 512, grains.get(grain));
      dataSector += grainSectors;
    }
    return out.array();
  }

  /**
   * Workstation's hosted sparse extent, with redundant tables and the zeroed-grain feature.
   *
   * @param descriptor embedded text, or null
   */
  public static byte[] kdmv(
      long sectors, int grainSectors, SortedMap<Long, byte[]> grains, String descriptor) {
    int tables = (int) ((sectors + 512L * grainSectors - 1) / (512L * grainSectors));
    int directorySectors = (tables * 4 + 511) / 512;
    int redundant = 21;
    int primary = redundant + directorySectors + tables * 4;
    int first = primary + directorySectors + tables * 4;
    first = (first + grainSectors - 1) / grainSectors * grainSectors;
    long data = grains.values().stream().filter(g -> g.length > 0).count();
    ByteBuffer out = little((first + data * grainSectors) * 512);
    out.put(0, "KDMV".getBytes());
    out.putInt(4, 2).putInt(8, 1 | 2 | 4).putLong(12, sectors).putLong(20, grainSectors);
    out.putLong(28, descriptor == null ? 0 : 1).putLong(36, descriptor == null ? 0 : 20);
    out.putInt(44, 512).putLong(48, redundant).putLong(56, primary).putLong(64, first);
    out.put(73, "\n \r\n".getBytes());
    if (descriptor != null) {
      out.put(512, descriptor.getBytes());
    }
    for (int i = 0; i < tables; i++) {
      out.putInt(redundant * 512 + i * 4, redundant + directorySectors + i * 4);
      out.putInt(primary * 512 + i * 4, primary + directorySectors + i * 4);
    }
    int next = first;
    for (var grain : grains.entrySet()) {
      int value = 1;
      if (grain.getValue().length > 0) {
        value = next;
        out.put(next * 512, grain.getValue());
        next += grainSectors;
      }
      for (int directory : new int[] {redundant, primary}) {
        int table = directory + directorySectors + (int) (grain.getKey() / 512) * 4;
        out.putInt(table * 512 + (int) (grain.getKey() % 512) * 4, value);
      }
    }
    return out.array();
  }

  /** ESXi 6.5's SE sparse: tables and grains in areas, in the order of allocation. */
  public static byte[] seSparse(long sectors, SortedMap<Long, byte[]> grains, long seed) {
    int tables = (int) ((sectors + 4096 * 8 - 1) / (4096 * 8));
    int directorySectors = (tables * 8 + 511) / 512;
    List<Long> order = new ArrayList<>(grains.keySet());
    Collections.shuffle(order, new Random(seed));
    int volatileHeader = 1;
    int directory = 2;
    int tableArea = directory + directorySectors;
    long usedTables = order.stream().map(g -> g / 4096).distinct().count();
    int grainArea = tableArea + (int) usedTables * 64;
    ByteBuffer out = little((grainArea + order.size() * 8L) * 512);
    out.putLong(0, 0xcafebabeL).putLong(8, 0x200000001L).putLong(16, sectors);
    out.putLong(24, 8).putLong(32, 64);
    out.putLong(80, volatileHeader).putLong(88, 1);
    out.putLong(128, directory).putLong(136, directorySectors);
    out.putLong(144, tableArea).putLong(152, usedTables * 64);
    out.putLong(192, grainArea).putLong(200, order.size() * 8L);
    out.putLong(512, 0xcafecafeL);
    int nextTable = 0;
    long nextGrain = 0;
    int[] slot = new int[tables];
    java.util.Arrays.fill(slot, -1);
    for (long grain : order) {
      int table = (int) (grain / 4096);
      if (slot[table] < 0) {
        slot[table] = nextTable++;
        out.putLong(directory * 512 + table * 8, 0x1000000000000000L | slot[table]);
      }
      int entry = (tableArea + slot[table] * 64) * 512 + (int) (grain % 4096) * 8;
      byte[] content = grains.get(grain);
      if (content.length == 0) {
        out.putLong(entry, grain % 2 == 0 ? 0x1000000000000000L : 0x2000000000000000L);
      } else {
        out.putLong(entry, 0x3000000000000000L | (nextGrain & 0xfff) << 48 | nextGrain >>> 12);
        out.put((int) ((grainArea + nextGrain * 8) * 512), content);
        nextGrain++;
      }
    }
    return out.array();
  }

  private static ByteBuffer little(long bytes) {
    return ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
