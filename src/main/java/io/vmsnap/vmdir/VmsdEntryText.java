package io.vmsnap.vmdir;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How one snapshot stands in {@code .vmsd}: the keys {@code snapshotN.*}, in VMware's order. */
final class VmsdEntryText {
  static final String OURS = "vmsnap.";
  private static final Pattern ENTRY = Pattern.compile("(?i)snapshot(\\d{1,9})\\.");

  private VmsdEntryText() {}

  static void addTo(ConfigDictionary dictionary, int index, SnapshotEntry snapshot) {
    String prefix = "snapshot" + index + ".";
    dictionary.put(prefix + "uid", Long.toString(snapshot.uid()));
    dictionary.put(prefix + "filename", snapshot.stateFile());
    if (snapshot.parentUid() != null) {
      dictionary.put(prefix + "parent", snapshot.parentUid().toString());
    }
    dictionary.put(prefix + "displayName", snapshot.displayName());
    if (!snapshot.description().isEmpty()) {
      dictionary.put(prefix + "description", snapshot.description());
    }
    if (snapshot.memory()) {
      dictionary.put(prefix + "type", "1");
    }
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, snapshot.createTime());
    dictionary.put(prefix + "createTimeHigh", Integer.toString((int) (micros >> 32)));
    dictionary.put(prefix + "createTimeLow", Integer.toString((int) micros));
    dictionary.put(prefix + "numDisks", Integer.toString(snapshot.disks().size()));
    for (int k = 0; k < snapshot.disks().size(); k++) {
      SnapshotDisk disk = snapshot.disks().get(k);
      dictionary.put(prefix + "disk" + k + ".fileName", disk.fileName());
      dictionary.put(prefix + "disk" + k + ".node", disk.node());
    }
    new TreeMap<>(snapshot.properties())
        .forEach((key, value) -> dictionary.put(prefix + OURS + key, value));
  }

  static void removeFrom(ConfigDictionary dictionary, int index) {
    String prefix = "snapshot" + index + ".";
    List<String> keys =
        dictionary.keys().stream()
            .filter(k -> k.toLowerCase(Locale.ROOT).startsWith(prefix))
            .toList();
    keys.forEach(dictionary::remove);
  }

  /** Removes all other entries, and numbers those from 0 on. */
  static void keepOnly(ConfigDictionary dictionary, Set<Integer> indexes) {
    Map<Integer, Integer> numbers = new HashMap<>();
    for (int index : new TreeSet<>(indexes)) {
      numbers.put(index, numbers.size());
    }
    dictionary.rename(
        key -> {
          Matcher matcher = ENTRY.matcher(key);
          if (!matcher.lookingAt()) {
            return key;
          }
          Integer number = numbers.get(Integer.parseInt(matcher.group(1)));
          if (number == null) {
            return null;
          }
          return matcher.group(1).equals(number.toString())
              ? key
              : "snapshot" + number + "." + key.substring(matcher.end());
        });
  }

  /** The time from its two halves: 64 bits of microseconds, each half a signed 32-bit number. */
  static Instant createTime(int high, int low) {
    return Instant.EPOCH.plus(((long) high << 32) | (low & 0xffffffffL), ChronoUnit.MICROS);
  }
}
