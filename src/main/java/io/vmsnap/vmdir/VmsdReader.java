package io.vmsnap.vmdir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the entries of a {@code .vmsd}; every failure names the file and the key. */
final class VmsdReader {
  private static final Pattern KEY =
      Pattern.compile("(?i)snapshot(\\d{1,9})\\.(uid|vmsnap\\.(.+))");

  private static final int MAX_DISKS = 1024;

  private final String file;
  private final ConfigDictionary dictionary;

  VmsdReader(String file, ConfigDictionary dictionary) {
    this.file = file;
    this.dictionary = dictionary;
  }

  /** The first {@code numSnapshots} entries in the order of the file; VMware ignores the others. */
  List<VmsdFile.IndexedEntry> entries(String countKey) throws DamagedFileException {
    Set<Integer> indexes = new LinkedHashSet<>();
    Map<Integer, Map<String, String>> properties = new HashMap<>();
    for (String key : dictionary.keys()) {
      Matcher matcher = KEY.matcher(key);
      if (matcher.matches()) {
        int index = Integer.parseInt(matcher.group(1));
        if (matcher.group(3) == null) {
          indexes.add(index);
        } else {
          properties
              .computeIfAbsent(index, i -> new TreeMap<>())
              .put(matcher.group(3), dictionary.get(key).orElseThrow());
        }
      }
    }
    long count = number(countKey, (long) indexes.size(), 0, VmsdFile.MAX_SNAPSHOTS);
    if (count > indexes.size()) {
      throw new DamagedFileException(
          file,
          countKey + " is " + count + ", but only " + indexes.size() + " snapshots are there");
    }
    if (count > VmsdFile.MAX_SNAPSHOTS) {
      throw new DamagedFileException(
          file, "has more than " + VmsdFile.MAX_SNAPSHOTS + " snapshots");
    }
    List<VmsdFile.IndexedEntry> entries = new ArrayList<>();
    for (int index : indexes) {
      if (entries.size() < count) {
        entries.add(
            new VmsdFile.IndexedEntry(
                index, entry(index, properties.getOrDefault(index, Map.of()))));
      }
    }
    return entries;
  }

  private SnapshotEntry entry(int index, Map<String, String> properties)
      throws DamagedFileException {
    String prefix = "snapshot" + index + ".";
    // VMware leaves the key out for a root; 0 means the same.
    long uid = number(prefix + "uid", null, 1, Long.MAX_VALUE);
    long parent = number(prefix + "parent", 0L, 0, Long.MAX_VALUE);
    int high = (int) number(prefix + "createTimeHigh", 0L, Integer.MIN_VALUE, Integer.MAX_VALUE);
    int low = (int) number(prefix + "createTimeLow", 0L, Integer.MIN_VALUE, 0xffffffffL);
    return new SnapshotEntry(
        uid,
        parent == 0 ? null : parent,
        required(prefix + "filename"),
        dictionary.get(prefix + "displayName").orElse(""),
        dictionary.get(prefix + "description").orElse(""),
        VmsdEntryText.createTime(high, low),
        dictionary.get(prefix + "type").orElse("0").equals("1"),
        disks(prefix),
        properties);
  }

  private List<SnapshotDisk> disks(String prefix) throws DamagedFileException {
    long count = number(prefix + "numDisks", 0L, 0, MAX_DISKS);
    List<SnapshotDisk> disks = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      disks.add(
          new SnapshotDisk(
              required(prefix + "disk" + k + ".node"),
              required(prefix + "disk" + k + ".fileName")));
    }
    return disks;
  }

  private String required(String key) throws DamagedFileException {
    String value = dictionary.get(key).orElse("");
    if (value.isEmpty()) {
      throw new DamagedFileException(file, key + " is missing");
    }
    return value;
  }

  /**
   * @param missing what a missing key means; null if it must be there
   */
  long number(String key, Long missing, long least, long most) throws DamagedFileException {
    String text = dictionary.get(key).orElse(null);
    if (text == null && missing != null) {
      return missing;
    }
    try {
      long value = Long.parseLong(required(key).strip());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // same answer as for a number out of range
    }
    throw new DamagedFileException(
        file,
        key + " is \"" + text + "\"; a whole number of " + least + " to " + most + " is expected");
  }
}
