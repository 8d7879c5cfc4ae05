package io.vmsnap.snapshot.adopt;

import io.vmsnap.disk.vmdk.HandMade;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A VM directory as VMware leaves it, with three snapshots in two branches:
 *
 * <pre>
 * web.vmdk (1 "clean") +- web-000001.vmdk (2 "updated", with memory)
 *                      +- web-000002.vmdk (3 "other way") - web-000003.vmdk, active
 * </pre>
 *
 * @param content what each disk shows, by descriptor name
 */
public record ForeignMachine(Map<String, byte[]> content) {
  /** Who made it. */
  public enum Style {
    /** vmfs base, compact COWD of 512-byte grains, absolute paths. */
    ESXI,
    /** vmfs base, SE sparse. */
    ESXI_SE_SPARSE,
    /** monolithicSparse throughout, CRLF, relative names. */
    WORKSTATION,
    /** A base in two flat pieces, hosted sparse deltas in pieces of their own. */
    WORKSTATION_SPLIT
  }

  static final String MEMORY_STATE = "\u00d2\u00be\u00d2\u00be of VMware's";

  public static ForeignMachine create(VmStorage storage, Style style, int sectors, long seed)
      throws IOException {
    Random random = new Random(seed);
    Map<String, byte[]> content = new LinkedHashMap<>();
    byte[] base = new byte[sectors * 512];
    for (int i = 0; i < 20; i++) {
      byte[] piece = new byte[random.nextInt(1, 9) * 512];
      random.nextBytes(piece);
      System.arraycopy(piece, 0, base, random.nextInt(sectors - 9) * 512, piece.length);
    }
    content.put("web.vmdk", base);
    ForeignMachine machine = new ForeignMachine(content);
    machine.writeBase(storage, style, sectors);
    machine.delta(storage, style, 1, "web.vmdk", random);
    machine.delta(storage, style, 2, "web.vmdk", random);
    machine.delta(storage, style, 3, "web-000002.vmdk", random);
    String folder = style.name().startsWith("ESXI") ? "/vmfs/volumes/5f-ds/web/" : "";
    put(
        storage,
        "web.vmx",
        ".encoding = \"UTF-8\"\nconfig.version = \"8\"\nvirtualHW.version = \"19\"\n"
            + "displayName = \"Web server\"\nscsi0.present = \"TRUE\"\n"
            + "scsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \""
            + folder
            + "web-000003.vmdk\"\nvendor.key = \"kept\"\n");
    put(
        storage,
        "web.vmsd",
        ".encoding = \"UTF-8\"\nsnapshot.lastUID = \"3\"\nsnapshot.current = \"3\"\n"
            + entry(0, 1, 0, "clean", false, folder + "web.vmdk")
            + entry(1, 2, 1, "updated", true, folder + "web-000001.vmdk")
            + entry(2, 3, 1, "other way", false, folder + "web-000002.vmdk")
            + "snapshot.numSnapshots = \"3\"\n");
    for (int uid = 1; uid <= 3; uid++) {
      put(storage, "web-Snapshot" + uid + ".vmsn", MEMORY_STATE);
    }
    return machine;
  }

  private static String entry(
      int index, int uid, int parent, String name, boolean memory, String disk) {
    String p = "snapshot" + index + ".";
    return p
        + "uid = \""
        + uid
        + "\"\n"
        + p
        + "filename = \"web-Snapshot"
        + uid
        + ".vmsn\"\n"
        + (parent == 0 ? "" : p + "parent = \"" + parent + "\"\n")
        + p
        + "displayName = \""
        + name
        + "\"\n"
        + p
        + "description = \"as "
        + name
        + " as can be\"\n"
        + (memory ? p + "type = \"1\"\n" : "")
        + p
        + "createTimeHigh = \"412345\"\n"
        + p
        + "createTimeLow = \""
        + uid
        + "\"\n"
        + p
        + "numDisks = \"1\"\n"
        + p
        + "disk0.fileName = \""
        + disk
        + "\"\n"
        + p
        + "disk0.node = \"scsi0:0\"\n";
  }

  private void writeBase(VmStorage storage, Style style, int sectors) throws IOException {
    byte[] base = content.get("web.vmdk");
    switch (style) {
      case ESXI, ESXI_SE_SPARSE -> {
        put(storage, "web-flat.vmdk", base);
        put(storage, "web-ctk.vmdk", "which blocks changed");
        put(
            storage,
            "web.vmdk",
            HandMade.descriptor(
                    "vmfs", "10", "ffffffff", null, "RW " + sectors + " VMFS \"web-flat.vmdk\"")
                + "\n# Change Tracking File\nchangeTrackPath=\"web-ctk.vmdk\"\n");
      }
      case WORKSTATION -> {
        SortedMap<Long, byte[]> grains = new TreeMap<>();
        for (int at = 0; at < base.length; at += 8192) {
          byte[] grain = new byte[8192];
          System.arraycopy(base, at, grain, 0, Math.min(8192, base.length - at));
          grains.put(at / 8192L, grain);
        }
        String line = "RW " + sectors + " SPARSE \"old name.vmdk\"";
        String text =
            HandMade.descriptor("monolithicSparse", "10", "ffffffff", null, line)
                .replace("\n", "\r\n");
        put(storage, "web.vmdk", HandMade.kdmv(sectors, 16, grains, text));
      }
      case WORKSTATION_SPLIT -> {
        int half = sectors / 2;
        put(storage, "web-f001.vmdk", java.util.Arrays.copyOf(base, half * 512));
        put(storage, "web-f002.vmdk", java.util.Arrays.copyOfRange(base, half * 512, base.length));
        put(
            storage,
            "web.vmdk",
            HandMade.descriptor(
                "twoGbMaxExtentFlat",
                "10",
                "ffffffff",
                null,
                "RW " + half + " FLAT \"web-f001.vmdk\" 0",
                "RW " + (sectors - half) + " FLAT \"web-f002.vmdk\" 0"));
      }
    }
  }

  private void delta(VmStorage storage, Style style, int number, String parent, Random random)
      throws IOException {
    byte[] model = content.get(parent).clone();
    int sectors = model.length / 512;
    int grain =
        switch (style) {
          case ESXI -> 1;
          case ESXI_SE_SPARSE -> 8;
          default -> 16;
        };
    boolean zeroCode = style != Style.ESXI;
    SortedMap<Long, byte[]> grains = new TreeMap<>();
    for (int i = 0; i < 40; i++) {
      long place = random.nextInt((sectors + grain - 1) / grain);
      byte[] bytes = new byte[grain * 512];
      if (random.nextInt(4) == 0) {
        grains.put(place, zeroCode ? new byte[0] : bytes);
      } else {
        random.nextBytes(bytes);
        grains.put(place, bytes);
      }
      int at = (int) place * grain * 512;
      System.arraycopy(bytes, 0, model, at, Math.min(bytes.length, model.length - at));
    }
    String stem = String.format("web-%06d", number);
    content.put(stem + ".vmdk", model);
    String cid = Integer.toString(10 + number);
    String parentCid = parent.equals("web.vmdk") ? "10" : "12";
    String line = "RW " + sectors + " ";
    switch (style) {
      case ESXI -> {
        put(storage, stem + "-delta.vmdk", HandMade.cowd(sectors, 1, grains, number));
        put(
            storage,
            stem + ".vmdk",
            HandMade.descriptor(
                "vmfsSparse",
                cid,
                parentCid,
                "/vmfs/volumes/5f-ds/web/" + parent,
                line + "VMFSSPARSE \"" + stem + "-delta.vmdk\""));
      }
      case ESXI_SE_SPARSE -> {
        put(storage, stem + "-sesparse.vmdk", HandMade.seSparse(sectors, grains, number));
        put(
            storage,
            stem + ".vmdk",
            HandMade.descriptor(
                "seSparse",
                cid,
                parentCid,
                parent,
                line + "SESPARSE \"" + stem + "-sesparse.vmdk\""));
      }
      case WORKSTATION -> {
        String text =
            HandMade.descriptor(
                    "monolithicSparse",
                    cid,
                    parentCid,
                    parent,
                    line + "SPARSE \"" + stem + ".vmdk\"")
                .replace("\n", "\r\n");
        put(storage, stem + ".vmdk", HandMade.kdmv(sectors, 16, grains, text));
      }
      case WORKSTATION_SPLIT -> {
        put(storage, stem + "-s001.vmdk", HandMade.kdmv(sectors, 16, grains, null));
        put(
            storage,
            stem + ".vmdk",
            HandMade.descriptor(
                "twoGbMaxExtentSparse",
                cid,
                parentCid,
                parent,
                line + "SPARSE \"" + stem + "-s001.vmdk\""));
      }
    }
  }

  private static void put(VmStorage storage, String name, String text) throws IOException {
    put(storage, name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void put(VmStorage storage, String name, byte[] bytes) throws IOException {
    try (StorageFile file = storage.create(name)) {
      file.write(ByteBuffer.wrap(bytes), 0);
      file.sync();
    }
    storage.syncDirectory("");
  }
}
