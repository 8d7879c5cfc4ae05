package io.vmsnap.vmdir;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The snapshot history, {@code web.vmsd}, with the keys that VMware writes. Empty (0 bytes) before
 * the first snapshot; after the last one is deleted it keeps {@code snapshot.lastUID} and {@code
 * snapshot.numSnapshots = "0"}. {@code snapshot.lastUID} only rises. The N of {@code snapshotN} is
 * a place in the list and says nothing about the tree, which is made by {@code .parent}. Immutable.
 * Described in {@code docs/formats/vmsd.md}.
 */
public final class VmsdFile {
  /** VMware stops at 32 in a chain; this is a bound against files made to hurt. */
  public static final int MAX_SNAPSHOTS = 10_000;

  /** What is left for one more snapshot: one of 1024 disks needs less. */
  private static final int SPARE_BYTES = 512 << 10;

  private static final int SPARE_LINES = 4096;

  private static final String LAST_UID = "snapshot.lastUID";
  private static final String CURRENT = "snapshot.current";
  private static final String COUNT = "snapshot.numSnapshots";

  private final String file;
  private final ConfigDictionary dictionary;
  private final long lastUid;
  private final Long currentUid;
  private final List<IndexedEntry> entries;

  /** An entry and its N. */
  record IndexedEntry(int index, SnapshotEntry snapshot) {}

  private VmsdFile(
      String file,
      ConfigDictionary dictionary,
      long lastUid,
      Long currentUid,
      List<IndexedEntry> entries) {
    this.file = file;
    this.dictionary = dictionary;
    this.lastUid = lastUid;
    this.currentUid = currentUid;
    this.entries = List.copyOf(entries);
  }

  /**
   * @param file its name, for messages
   * @throws DamagedFileException naming the key that is missing, malformed or contradicts another
   */
  public static VmsdFile parse(String file, byte[] bytes) throws DamagedFileException {
    ConfigDictionary dictionary = ConfigDictionary.parse(file, bytes);
    VmsdReader reader = new VmsdReader(file, dictionary);
    List<IndexedEntry> entries = reader.entries(COUNT);
    long lastUid = reader.number(LAST_UID, entries.isEmpty() ? 0L : null, 0, Long.MAX_VALUE - 1);
    for (IndexedEntry entry : entries) {
      if (entry.snapshot().uid() > lastUid) {
        throw new DamagedFileException(
            file,
            LAST_UID
                + " is "
                + lastUid
                + ", less than the uid "
                + entry.snapshot().uid()
                + " of snapshot"
                + entry.index());
      }
    }
    // VMware leaves the key out when no snapshot is current; 0 means the same.
    long current = reader.number(CURRENT, 0L, 0, Long.MAX_VALUE);
    VmsdFile vmsd = new VmsdFile(file, dictionary, lastUid, current == 0 ? null : current, entries);
    vmsd.tree(); // refuses duplicate uids, unknown parents and cycles
    return vmsd;
  }

  /** The history of a machine without snapshots: 0 bytes. */
  public static VmsdFile empty(String file) {
    return new VmsdFile(file, ConfigDictionary.empty(), 0, null, List.of());
  }

  public String file() {
    return file;
  }

  public List<SnapshotEntry> snapshots() {
    return entries.stream().map(IndexedEntry::snapshot).toList();
  }

  public Optional<SnapshotEntry> snapshot(long uid) {
    return snapshots().stream().filter(s -> s.uid() == uid).findFirst();
  }

  /** Whether one more snapshot could make a file that is refused when it is read. */
  public boolean isFull() {
    return entries.size() >= MAX_SNAPSHOTS
        || dictionary.keys().size() > ConfigDictionary.MAX_LINES - SPARE_LINES
        || toBytes().length > ConfigDictionary.MAX_BYTES - SPARE_BYTES;
  }

  /** Highest uid ever given; 0 before the first snapshot. */
  public long lastUid() {
    return lastUid;
  }

  /** Parent of the running state ("You are here"); empty without snapshots. */
  public Optional<Long> currentUid() {
    return Optional.ofNullable(currentUid);
  }

  /**
   * @throws DamagedFileException if the parents do not make a tree
   */
  public SnapshotTree tree() throws DamagedFileException {
    return SnapshotTree.of(file, snapshots(), currentUid);
  }

  /**
   * Adds a snapshot and makes it the current one.
   *
   * @throws IllegalArgumentException if its uid is not above all uids ever given
   */
  public VmsdFile withSnapshot(SnapshotEntry snapshot) {
    if (snapshot.uid() <= lastUid) {
      throw new IllegalArgumentException("uid " + snapshot.uid() + " was given before");
    }
    Set<Integer> used = entries.stream().map(IndexedEntry::index).collect(Collectors.toSet());
    int index = 0;
    while (used.contains(index)) {
      index++;
    }
    ConfigDictionary changed = dictionary.copy();
    if (changed.get(ConfigDictionary.ENCODING).isEmpty() && changed.isEmpty()) {
      changed.put(ConfigDictionary.ENCODING, "UTF-8");
    }
    changed.putAfter(ConfigDictionary.ENCODING, LAST_UID, Long.toString(snapshot.uid()));
    changed.putAfter(LAST_UID, CURRENT, Long.toString(snapshot.uid()));
    VmsdEntryText.removeFrom(
        changed, index); // left behind by a program that only lowered the count
    VmsdEntryText.addTo(changed, index, snapshot);
    changed.remove(COUNT); // VMware writes it last
    changed.put(COUNT, Integer.toString(entries.size() + 1));
    List<IndexedEntry> all = new ArrayList<>(entries);
    all.add(new IndexedEntry(index, snapshot));
    return new VmsdFile(file, changed, snapshot.uid(), snapshot.uid(), all);
  }

  /**
   * Says that the running state is based on that snapshot now.
   *
   * @throws IllegalArgumentException if there is no such snapshot
   */
  public VmsdFile withCurrent(long uid) {
    entry(uid);
    ConfigDictionary changed = dictionary.copy();
    changed.putAfter(LAST_UID, CURRENT, Long.toString(uid));
    return new VmsdFile(file, changed, lastUid, uid, entries);
  }

  /**
   * Without those snapshots: their children hang under the nearest ancestor that stays, and so does
   * the running state. The others are numbered anew without gaps, as VMware's programs expect;
   * their uids stay, and no uid is given twice.
   */
  public VmsdFile withoutSnapshots(Set<Long> uids) throws DamagedFileException {
    ConfigDictionary changed = dictionary.copy();
    Set<Integer> kept = new TreeSet<>();
    for (IndexedEntry entry : entries) {
      if (!uids.contains(entry.snapshot().uid())) {
        kept.add(entry.index());
        Long parent = staying(entry.snapshot().parentUid(), uids);
        put(changed, "snapshot" + entry.index() + ".parent", parent);
      }
    }
    put(changed, CURRENT, staying(currentUid, uids));
    VmsdEntryText.keepOnly(changed, kept);
    changed.remove(COUNT); // VMware writes it last
    changed.put(COUNT, Integer.toString(kept.size()));
    return parse(file, changed.toBytes());
  }

  private static void put(ConfigDictionary dictionary, String key, Long value) {
    if (value == null) {
      dictionary.remove(key);
    } else if (dictionary.get(key).isPresent()) {
      dictionary.put(key, value.toString());
    }
  }

  private Long staying(Long uid, Set<Long> without) {
    Long at = uid;
    while (at != null && without.contains(at)) {
      at = entry(at).snapshot().parentUid();
    }
    return at;
  }

  /**
   * @param displayName null for the one that it has
   * @param description null or empty for none
   * @throws IllegalArgumentException if there is no such snapshot
   */
  public VmsdFile withWords(long uid, String displayName, String description)
      throws DamagedFileException {
    String text = description == null ? "" : description;
    ConfigDictionary changed = dictionary.copy();
    String prefix = "snapshot" + entry(uid).index() + ".";
    if (displayName != null) {
      changed.put(prefix + "displayName", displayName);
    }
    if (text.isEmpty()) {
      changed.remove(prefix + "description");
    } else {
      changed.putAfter(prefix + "displayName", prefix + "description", text);
    }
    return parse(file, changed.toBytes());
  }

  /**
   * Gives a disk of a snapshot another file name.
   *
   * @throws IllegalArgumentException if there is no such snapshot
   */
  public VmsdFile withDiskFile(long uid, int disk, String fileName) throws DamagedFileException {
    return with(uid, "disk" + disk + ".fileName", fileName);
  }

  /**
   * Sets one of our own properties of a snapshot.
   *
   * @throws IllegalArgumentException if there is no such snapshot
   */
  public VmsdFile withProperty(long uid, String key, String value) throws DamagedFileException {
    return with(uid, VmsdEntryText.OURS + key, value);
  }

  private VmsdFile with(long uid, String key, String value) throws DamagedFileException {
    ConfigDictionary changed = dictionary.copy();
    changed.put("snapshot" + entry(uid).index() + "." + key, value);
    return parse(file, changed.toBytes());
  }

  private IndexedEntry entry(long uid) {
    return entries.stream()
        .filter(e -> e.snapshot().uid() == uid)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no snapshot with uid " + uid));
  }

  public byte[] toBytes() {
    return dictionary.toBytes();
  }
}
