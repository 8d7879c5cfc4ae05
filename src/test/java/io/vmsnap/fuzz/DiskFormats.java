package io.vmsnap.fuzz;

import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.delta.SimulatedGuest;
import io.vmsnap.disk.index.IndexCheck;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.ExportIdentity;
import io.vmsnap.disk.vmdk.HandMade;
import io.vmsnap.disk.vmdk.StreamOptimizedWriter;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.storage.MemoryStorage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Disks: descriptors, extents, indexes. */
final class DiskFormats {
  private static final int SECTORS = 2_000;
  private static final int READ = 1 << 20;
  private static final int CLUSTER = 128 << 10;

  /** A fuzzer has the first bytes of each cluster of an index; the rest of them is zeros. */
  private static final int PIECE = 512;

  private DiskFormats() {}

  static void readDescriptor(byte[] content) throws IOException {
    DiskDescriptor descriptor = DiskDescriptor.parse("web.vmdk", content);
    descriptor.cid();
    descriptor.parentCid();
    descriptor.createType();
    descriptor.dataBase();
    if (descriptor.capacity() < 0) {
      throw new AssertionError("capacity " + descriptor.capacity());
    }
    byte[] written = descriptor.toBytes();
    if (!DiskDescriptor.parse("web.vmdk", written).extents().equals(descriptor.extents())) {
      throw new AssertionError("a descriptor that was written again says something else");
    }
  }

  static List<byte[]> descriptors() {
    String text =
        HandMade.descriptor(
            "twoGbMaxExtentSparse",
            "89abcdef",
            "0a1b2c3d",
            "..\\Büro\\web.vmdk",
            "RW 4192256 SPARSE \"web-s001.vmdk\"",
            "RW 2048 ZERO",
            "RDONLY 100 FLAT \"web f002.vmdk\" 7",
            "",
            "# Change Tracking File",
            "changeTrackPath=\"web-ctk.vmdk\"");
    return List.of(
        text.getBytes(StandardCharsets.UTF_8),
        text.replace("\n", "\r\n")
            .replace("UTF-8", "windows-1252")
            .getBytes(Charset.forName("windows-1252")),
        text.replace("Büro", "日本")
            .replace("UTF-8", "Shift_JIS")
            .getBytes(Charset.forName("Shift_JIS")));
  }

  static void readDisk(byte[] content) throws IOException {
    readChain(new FuzzedDirectory().with("web.vmdk", content));
  }

  static void readCowd(byte[] content) throws IOException {
    readChain(
        new FuzzedDirectory()
            .with("web.vmdk", descriptor("vmfsSparse", "VMFSSPARSE \"web-delta.vmdk\""))
            .with("web-delta.vmdk", content));
  }

  static void readSeSparse(byte[] content) throws IOException {
    readChain(
        new FuzzedDirectory()
            .with("web.vmdk", descriptor("seSparse", "SESPARSE \"web-sesparse.vmdk\""))
            .with("web-sesparse.vmdk", content));
  }

  private static void readChain(FuzzedDirectory directory) throws IOException {
    try (LayeredDisk disk = VmdkChain.open(directory, "web.vmdk")) {
      long length = Math.min(disk.capacity(), READ);
      if (length > 0) {
        disk.runs(0, length);
        disk.read(ByteBuffer.allocate((int) length), 0);
        int end = (int) Math.min(disk.capacity(), 4096);
        disk.runs(disk.capacity() - end, end);
        disk.read(ByteBuffer.allocate(end), disk.capacity() - end);
      }
    }
  }

  static List<byte[]> hostedSparse() {
    String line = "RW " + SECTORS + " SPARSE \"web.vmdk\"";
    String text = HandMade.descriptor("monolithicSparse", "1", "ffffffff", null, line);
    return List.of(HandMade.kdmv(SECTORS, 16, grains(16, true), text));
  }

  static List<byte[]> cowd() {
    return List.of(HandMade.cowd(SECTORS, 8, grains(8, false), 1));
  }

  static List<byte[]> seSparse() {
    return List.of(HandMade.seSparse(SECTORS, grains(8, true), 1));
  }

  static List<byte[]> streamOptimized() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    storage.with("c-delta.vmdk", cowd().getFirst());
    storage.with("c.vmdk", descriptor("vmfsSparse", "VMFSSPARSE \"c-delta.vmdk\""));
    try (LayeredDisk disk = VmdkChain.open(storage, "c.vmdk")) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ExportIdentity identity = ExportIdentity.of("web.vmdk", new ContentId(1), Map.of());
      StreamOptimizedWriter.write(disk, Channels.newChannel(out), identity, 6, CopyProgress.SILENT);
      return List.of(out.toByteArray());
    }
  }

  private static byte[] descriptor(String createType, String extent) {
    String line = "RW " + SECTORS + " " + extent;
    return HandMade.descriptor(createType, "1", "ffffffff", null, line)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Content that compresses, with a grain of zeros where the format has them. */
  private static TreeMap<Long, byte[]> grains(int sectors, boolean zeros) {
    Random random = new Random(1);
    TreeMap<Long, byte[]> grains = new TreeMap<>();
    for (long grain : new long[] {0, 3, 7, 50, 51, 100}) {
      byte[] content = new byte[grain == 7 && zeros ? 0 : sectors * 512];
      Arrays.fill(content, (byte) random.nextInt());
      grains.put(grain, content);
    }
    return grains;
  }

  static void readIndex(byte[] pieces) throws IOException {
    int clusters = Math.ceilDiv(pieces.length, PIECE);
    byte[] content = new byte[Math.min(clusters, 16) * CLUSTER];
    for (int i = 0; i < content.length / CLUSTER; i++) {
      int length = Math.min(PIECE, pieces.length - i * PIECE);
      System.arraycopy(pieces, i * PIECE, content, i * CLUSTER, length);
    }
    String name = ".vmsnap/web-000001.idx";
    FuzzedDirectory directory = new FuzzedDirectory().with(name, content);
    IndexCheck.run(directory, name);
    try (LiveIndex index = LiveIndex.open(directory, name)) {
      index.runs(0, index.capacity());
    }
  }

  static List<byte[]> indexes() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    SimulatedGuest guest = new SimulatedGuest(storage, 1 << 20, new SplittableRandom(1));
    guest.write(1000, 400_000);
    guest.zero(50, 40);
    byte[] index = storage.content(guest.delta().files().index());
    byte[] pieces = new byte[index.length / CLUSTER * PIECE];
    for (int i = 0; i < index.length / CLUSTER; i++) {
      System.arraycopy(index, i * CLUSTER, pieces, i * PIECE, PIECE);
    }
    return List.of(pieces);
  }
}
