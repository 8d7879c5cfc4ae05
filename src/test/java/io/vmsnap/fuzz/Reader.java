package io.vmsnap.fuzz;

import io.vmsnap.disk.DiskException;
import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.memory.DamagedMemoryException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;

/** Reads a file that may hold anything. */
@FunctionalInterface
interface Reader {
  void read(byte[] content) throws IOException;

  /**
   * The promise of every parser: content, or one of the documented errors, which name the file and
   * say more than its name.
   *
   * @throws AssertionError if it is not kept
   */
  static void check(Reader reader, String file, byte[] content) {
    try {
      reader.read(content);
    } catch (DiskException | DamagedFileException | DamagedMemoryException e) {
      String message = String.valueOf(e.getMessage());
      String stem = file.substring(0, file.indexOf('.', 1));
      if (!message.startsWith(stem) || message.length() < file.length() + 8) {
        throw new AssertionError("the error does not name the file " + file, e);
      }
    } catch (UnsafeNameException | NoSuchFileException e) {
      // a name in the file that leads nowhere
    } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError(file + ": not a documented error: " + e, e);
    }
  }
}
