package io.vmsnap.cli;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a snapshot tree with lines, as VMware's snapshot manager does. */
final class TreeText {
  private static final String HERE = "▶ You are here";
  private static final int MAX_NAME = 60;

  private final DateTimeFormatter time;

  /** A line: the part with the branches, and what stands in columns behind it. */
  private record Row(String name, String uid, String time, String size, String marks) {}

  TreeText(ZoneId zone) {
    time = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(zone);
  }

  List<String> draw(TreeView tree) {
    List<Row> rows = new ArrayList<>();
    rows.add(new Row(tree.vm(), "UID", "TAKEN", "SIZE", ""));
    boolean hereAtRoot = tree.currentUid() == null;
    for (int i = 0; i < tree.snapshots().size(); i++) {
      boolean last = i == tree.snapshots().size() - 1 && !hereAtRoot;
      add(rows, tree.snapshots().get(i), "", last, tree.activeBytes());
    }
    if (hereAtRoot) {
      rows.add(here("└── ", tree.activeBytes()));
    }
    return align(rows);
  }

  private void add(
      List<Row> rows, SnapshotView snapshot, String indent, boolean last, long activeBytes) {
    rows.add(
        new Row(
            indent + (last ? "└── " : "├── ") + shown(snapshot.displayName()),
            Long.toString(snapshot.uid()),
            time.format(snapshot.createTime()),
            Bytes.of(snapshot.bytes()),
            marks(snapshot)));
    String deeper = indent + (last ? "    " : "│   ");
    int children = snapshot.children().size();
    for (int i = 0; i < children; i++) {
      boolean lastChild = i == children - 1 && !snapshot.current();
      add(rows, snapshot.children().get(i), deeper, lastChild, activeBytes);
    }
    if (snapshot.current()) {
      rows.add(here(deeper + "└── ", activeBytes));
    }
  }

  private static Row here(String branch, long bytes) {
    return new Row(branch + HERE, "", "", Bytes.of(bytes), "");
  }

  private static String marks(SnapshotView snapshot) {
    List<String> marks = new ArrayList<>();
    if (snapshot.memory()) {
      marks.add("memory");
    }
    if (snapshot.consistency() != null && !snapshot.memory()) {
      marks.add(
          switch (snapshot.consistency()) {
            case "FileSystem" -> "quiesced";
            case "Crash" ->
                "PoweredOff".equals(snapshot.powerState()) ? "powered off" : "crash-consistent";
            default -> snapshot.consistency();
          });
    }
    if (snapshot.foreign()) {
      marks.add("not taken by vmsnap");
    }
    if (!snapshot.missingFiles().isEmpty()) {
      marks.add("MISSING: " + String.join(", ", snapshot.missingFiles()));
    }
    return String.join(", ", marks);
  }

  /** Names come from users: control characters must not reach a terminal. */
  private static String shown(String name) {
    String clean = name.isEmpty() ? "(no name)" : name.replaceAll("\\p{C}", "·");
    return clean.codePointCount(0, clean.length()) <= MAX_NAME
        ? clean
        : clean.substring(0, clean.offsetByCodePoints(0, MAX_NAME - 1)) + "…";
  }

  private static List<String> align(List<Row> rows) {
    int name = rows.stream().mapToInt(r -> width(r.name())).max().orElse(0);
    int uid = rows.stream().mapToInt(r -> r.uid().length()).max().orElse(0);
    int size = rows.stream().mapToInt(r -> r.size().length()).max().orElse(0);
    int taken = rows.stream().mapToInt(r -> r.time().length()).max().orElse(0);
    return rows.stream()
        .map(
            r ->
                (r.name()
                        + " ".repeat(name - width(r.name()) + 2)
                        + " ".repeat(uid - r.uid().length())
                        + r.uid()
                        + "  "
                        + r.time()
                        + " ".repeat(taken - r.time().length() + 2)
                        + " ".repeat(size - r.size().length())
                        + r.size()
                        + "  "
                        + r.marks())
                    .stripTrailing())
        .toList();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
