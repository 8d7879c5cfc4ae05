package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.vmdk.DescriptorLine.Entry;
import io.vmsnap.disk.vmdk.DescriptorLine.ExtentLine;
import io.vmsnap.disk.vmdk.DescriptorLine.Remark;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The text that says what a virtual disk is made of: a file of its own ({@code web.vmdk}), or
 * embedded in a hosted sparse extent. Immutable; the {@code with...} methods return a changed copy
 * in which every other line, comments included, is as it was.
 *
 * <pre>
 * # Disk DescriptorFile
 * version=1
 * encoding="UTF-8"
 * CID=5f3a1c02
 * parentCID=ffffffff
 * createType="vmfs"
 *
 * # Extent description
 * RW 8388608 VMFS "web-flat.vmdk"
 *
 * # The Disk Data Base
 * #DDB
 *
 * ddb.adapterType = "lsilogic"
 * </pre>
 *
 * <p>Text of at most {@value #MAX_BYTES} bytes; lines end with LF or CR LF; CIDs are hexadecimal,
 * lengths decimal sectors of 512 bytes. Source: VMware "Virtual Disk Format 5.0", libvmdk's format
 * documentation, QEMU {@code block/vmdk.c}. See docs/formats/vmdk.md.
 */
public final class DiskDescriptor {
  /** A 62 TiB disk in pieces of 2 GiB needs some 31,000 extent lines. */
  public static final int MAX_BYTES = 4 << 20;

  /** 2: encrypted, 3: change tracking (vSphere), 4: SE sparse. */
  static final int MAX_VERSION = 4;

  static final String SIGNATURE = "# Disk DescriptorFile";
  static final String EXTENTS = "# Extent description";
  static final String DATA_BASE = "# The Disk Data Base";

  private final String fileName;
  private final Charset charset;
  private final String lineEnd;
  private final List<DescriptorLine> lines;

  DiskDescriptor(String fileName, Charset charset, String lineEnd, List<DescriptorLine> lines) {
    this.fileName = fileName;
    this.charset = charset;
    this.lineEnd = lineEnd;
    this.lines = List.copyOf(lines);
  }

  /** Parses the text of the named file; NUL ends it. */
  public static DiskDescriptor parse(String fileName, byte[] text) throws DiskException {
    return DescriptorParser.parse(fileName, text);
  }

  /** Reads a descriptor that is a file of its own. */
  public static DiskDescriptor read(VmStorage storage, String fileName) throws IOException {
    try (StorageFile file = storage.open(fileName, OpenMode.READ)) {
      long size = file.size();
      if (size > MAX_BYTES) {
        throw CorruptDiskException.in(
            fileName, "a descriptor has at most " + MAX_BYTES + " bytes; this file has " + size);
      }
      ByteBuffer bytes = ByteBuffer.allocate((int) size);
      file.readFully(bytes, 0);
      return parse(fileName, bytes.array());
    }
  }

  /**
   * A new descriptor in UTF-8, in the order in which VMware writes it.
   *
   * @param parentFileNameHint null for a disk without parent
   */
  public static DiskDescriptor create(
      String fileName,
      String createType,
      ContentId cid,
      ContentId parentCid,
      String parentFileNameHint,
      List<Extent> extents,
      Map<String, String> dataBase) {
    List<DescriptorLine> lines = new ArrayList<>();
    lines.add(new Remark(SIGNATURE));
    lines.add(Entry.of("version", "1"));
    lines.add(Entry.of("encoding", "UTF-8"));
    lines.add(Entry.of("CID", cid.toString()));
    lines.add(Entry.of("parentCID", parentCid.toString()));
    lines.add(Entry.of("createType", createType));
    if (parentFileNameHint != null) {
      lines.add(Entry.of("parentFileNameHint", checked(parentFileNameHint)));
    }
    lines.add(new Remark(""));
    lines.add(new Remark(EXTENTS));
    extents.forEach(e -> lines.add(ExtentLine.of(e)));
    lines.add(new Remark(""));
    lines.add(new Remark(DATA_BASE));
    lines.add(new Remark("#DDB"));
    lines.add(new Remark(""));
    dataBase.forEach((key, value) -> lines.add(Entry.of("ddb." + key, checked(value))));
    return new DiskDescriptor(fileName, StandardCharsets.UTF_8, "\n", lines);
  }

  /** The file it was read from or is meant for. */
  public String fileName() {
    return fileName;
  }

  public Charset charset() {
    return charset;
  }

  public int version() {
    return Integer.parseInt(entry("version").orElseThrow());
  }

  public ContentId cid() {
    return ContentId.parse(entry("CID").orElseThrow());
  }

  /** {@link ContentId#NONE} for a disk without parent. */
  public ContentId parentCid() {
    return entry("parentCID").map(ContentId::parse).orElse(ContentId.NONE);
  }

  public String createType() {
    return entry("createType").orElseThrow();
  }

  /** The parent's descriptor: a name beside this file, or a path; empty without parent. */
  public Optional<String> parentFileNameHint() {
    return entry("parentFileNameHint");
  }

  /** The change tracking file ({@code -ctk.vmdk}). */
  public Optional<String> changeTrackPath() {
    return entry("changeTrackPath");
  }

  /** In the order in which they make up the disk. */
  public List<Extent> extents() {
    return lines.stream()
        .filter(ExtentLine.class::isInstance)
        .map(line -> ((ExtentLine) line).extent())
        .toList();
  }

  /** Sum of the extents, in bytes. */
  public long capacity() {
    return extents().stream().mapToLong(Extent::sectors).sum() * Extent.SECTOR;
  }

  /** Value of an entry of any section; keys are compared whole, in any case. */
  public Optional<String> entry(String key) {
    return lines.stream()
        .filter(line -> line instanceof Entry e && e.hasKey(key))
        .map(line -> ((Entry) line).value())
        .findFirst();
  }

  /** The disk data base: keys without {@code ddb.}, in the file's order. */
  public Map<String, String> dataBase() {
    Map<String, String> result = new LinkedHashMap<>();
    for (DescriptorLine line : lines) {
      if (line instanceof Entry e && e.isDdb()) {
        result.putIfAbsent(e.key().substring("ddb.".length()), e.value());
      }
    }
    return result;
  }

  public DiskDescriptor withFileName(String name) {
    return new DiskDescriptor(name, charset, lineEnd, lines);
  }

  public DiskDescriptor withCid(ContentId cid) {
    return withEntry("CID", cid.toString());
  }

  /** Names another parent; a null hint takes the entry away. */
  public DiskDescriptor withParent(ContentId parentCid, String parentFileNameHint) {
    DiskDescriptor named = withEntry("parentCID", parentCid.toString());
    return parentFileNameHint == null
        ? named.without("parentFileNameHint")
        : named.withEntry("parentFileNameHint", parentFileNameHint);
  }

  /** Sets an entry: in place, or new at the end of its section. */
  public DiskDescriptor withEntry(String key, String value) {
    List<DescriptorLine> changed = new ArrayList<>(lines);
    Entry entry = Entry.of(key, checked(value));
    for (int i = 0; i < changed.size(); i++) {
      if (changed.get(i) instanceof Entry old && old.hasKey(key)) {
        changed.set(i, entry);
        return copy(changed);
      }
    }
    changed.add(entry.isDdb() ? changed.size() : endOfHeader(), entry);
    return copy(changed);
  }

  public DiskDescriptor without(String key) {
    return copy(lines.stream().filter(l -> !(l instanceof Entry e && e.hasKey(key))).toList());
  }

  /** Puts other extents where the first one stood. */
  public DiskDescriptor withExtents(List<Extent> extents) {
    List<DescriptorLine> changed = new ArrayList<>(lines);
    changed.removeIf(ExtentLine.class::isInstance);
    int at = 0;
    while (at < lines.size() && !(lines.get(at) instanceof ExtentLine)) {
      at++;
    }
    if (at == lines.size()) {
      at = remark(EXTENTS) < 0 ? endOfHeader() : remark(EXTENTS) + 1;
    }
    changed.addAll(at, extents.stream().map(ExtentLine::of).toList());
    return copy(changed);
  }

  /**
   * The text in the file's own encoding and line ends. The two section lines that libvmdk insists
   * on are added if a foreign file came without them.
   */
  public byte[] toBytes() throws UnsupportedDiskException {
    List<DescriptorLine> complete = new ArrayList<>(lines);
    if (remark(EXTENTS) < 0) {
      complete.add(endOfHeader(), new Remark(EXTENTS));
    }
    if (remark(DATA_BASE) < 0) {
      int firstDdb = 0;
      while (firstDdb < complete.size()
          && !(complete.get(firstDdb) instanceof Entry e && e.isDdb())) {
        firstDdb++;
      }
      complete.add(firstDdb, new Remark(DATA_BASE));
    }
    return DescriptorEncoding.encode(fileName, join(complete), charset);
  }

  /** The text as it is. */
  @Override
  public String toString() {
    return join(lines);
  }

  private String join(List<DescriptorLine> all) {
    StringBuilder text = new StringBuilder();
    all.forEach(line -> text.append(line.text()).append(lineEnd));
    return text.toString();
  }

  private DiskDescriptor copy(List<DescriptorLine> changed) {
    return new DiskDescriptor(fileName, charset, lineEnd, changed);
  }

  /** The index after the last entry before the extents and the data base. */
  private int endOfHeader() {
    int end = 1;
    for (int i = 0; i < lines.size() && !(lines.get(i) instanceof ExtentLine); i++) {
      if (lines.get(i) instanceof Entry e && !e.isDdb()) {
        end = i + 1;
      }
    }
    return end;
  }

  private int remark(String wanted) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i) instanceof Remark r && r.text().strip().equals(wanted)) {
        return i;
      }
    }
    return -1;
  }

  private static String checked(String value) {
    if (value.indexOf('"') >= 0 || value.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("a descriptor cannot hold the value " + value);
    }
    return value;
  }
}
