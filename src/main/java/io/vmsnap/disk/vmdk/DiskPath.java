package io.vmsnap.disk.vmdk;

import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;

/**
 * Turns the file names in descriptors into names of the VM directory. They were written on other
 * machines, so they may be absolute, have a drive letter, a datastore in brackets, or backslashes;
 * whatever they say, they lead to files inside the directory or nowhere.
 */
public final class DiskPath {
  private static final Pattern ABSOLUTE = Pattern.compile("/.*|[A-Za-z]:.*|\\[.*");

  private DiskPath() {}

  /** The file that a descriptor's extent line names: always relative to the descriptor. */
  static String ofExtent(String descriptor, String reference) throws UnsafeNameException {
    String slashes = reference.replace('\\', '/');
    if (ABSOLUTE.matcher(slashes).matches()) {
      throw new UnsafeNameException(reference, "in " + descriptor + " is absolute");
    }
    return resolve(descriptor, reference, slashes);
  }

  /**
   * The disk that a file names: a parent in a descriptor, the disks of {@code .vmx} and {@code
   * .vmsd}. An absolute path counts if it lies in this directory; else the directory was moved, and
   * the file of that name beside the naming file is the candidate, which a CID check confirms.
   */
  public static String of(VmStorage storage, String descriptor, String hint) throws IOException {
    String slashes = hint.replace('\\', '/');
    if (!ABSOLUTE.matcher(slashes).matches()) {
      return resolve(descriptor, hint, slashes);
    }
    try {
      Path root = storage.path(descriptor).toAbsolutePath().normalize();
      for (int i = descriptor.split("/").length; i > 0; i--) {
        root = root.getParent();
      }
      Path absolute = Path.of(slashes).normalize();
      if (absolute.startsWith(root) && !absolute.equals(root)) {
        return root.relativize(absolute).toString();
      }
    } catch (InvalidPathException e) {
      throw new UnsafeNameException(hint, "in " + descriptor + " is no path");
    }
    String last = slashes.substring(slashes.lastIndexOf('/') + 1);
    String beside = resolve(descriptor, hint, last);
    if (!storage.exists(beside)) {
      throw new UnsafeNameException(
          hint, "in " + descriptor + " is absolute and no file " + beside + " is in the directory");
    }
    return beside;
  }

  private static String resolve(String descriptor, String reference, String relative)
      throws UnsafeNameException {
    Deque<String> parts = new ArrayDeque<>();
    String folder = descriptor.substring(0, descriptor.lastIndexOf('/') + 1);
    for (String part : (folder + relative).split("/")) {
      if (part.equals("..")) {
        if (parts.pollLast() == null) {
          throw new UnsafeNameException(reference, "in " + descriptor + " leaves the directory");
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    if (parts.isEmpty()) {
      throw new UnsafeNameException(reference, "in " + descriptor + " names no file");
    }
    return String.join("/", parts);
  }
}
