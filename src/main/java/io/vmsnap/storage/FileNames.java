package io.vmsnap.storage;

/** What a name inside a VM directory may look like, the same for every storage. */
public final class FileNames {
  /** Longest name of a file on Linux file systems, in bytes. */
  private static final int MAX_SEGMENT = 255;

  private FileNames() {}

  /** Returns the name, or refuses it if it could leave the directory. */
  public static String checked(String name) throws UnsafeNameException {
    if (name.isEmpty()) {
      throw new UnsafeNameException(name, "is empty");
    }
    return checkedFolder(name);
  }

  /** Like {@link #checked}, but {@code ""} is the VM directory itself. */
  public static String checkedFolder(String name) throws UnsafeNameException {
    if (name.isEmpty()) {
      return name;
    }
    if (name.startsWith("/")) {
      throw new UnsafeNameException(name, "is absolute");
    }
    if (name.indexOf('\0') >= 0) {
      throw new UnsafeNameException(name.replace('\0', '?'), "contains a NUL character");
    }
    for (String segment : name.split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        throw new UnsafeNameException(name, "contains the segment \"" + segment + "\"");
      }
      if (segment.length() > MAX_SEGMENT) {
        throw new UnsafeNameException(name, "is longer than " + MAX_SEGMENT + " characters");
      }
    }
    return name;
  }

  /** The folder that the name lies in; {@code ""} is the VM directory itself. */
  public static String folderOf(String name) {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? "" : name.substring(0, slash);
  }
}
