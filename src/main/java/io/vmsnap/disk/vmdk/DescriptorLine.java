package io.vmsnap.disk.vmdk;

/** A line of a descriptor: as it stood in the file, without line end, and what it says. */
sealed interface DescriptorLine {
  String text();

  /** A comment, an empty line, or the line that opens a section. */
  record Remark(String text) implements DescriptorLine {}

  /** {@code key=value} or {@code key = "value"}; the value without quotes. */
  record Entry(String text, String key, String value) implements DescriptorLine {
    boolean isDdb() {
      return isDdb(key);
    }

    static boolean isDdb(String key) {
      return key.regionMatches(true, 0, "ddb.", 0, 4);
    }

    boolean hasKey(String wanted) {
      return key.equalsIgnoreCase(wanted);
    }

    /** Spelled as VMware spells it: numbers of the header bare, disk data base with spaces. */
    static Entry of(String key, String value) {
      boolean bare = key.equals("version") || key.equals("CID") || key.equals("parentCID");
      String text = bare ? key + "=" + value : key + (isDdb(key) ? " = " : "=") + '"' + value + '"';
      return new Entry(text, key, value);
    }
  }

  /** A line of the extent section. */
  record ExtentLine(String text, Extent extent) implements DescriptorLine {
    static ExtentLine of(Extent extent) {
      return new ExtentLine(extent.toString(), extent);
    }
  }
}
