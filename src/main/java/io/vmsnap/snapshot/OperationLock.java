package io.vmsnap.snapshot;

import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The right to change a VM directory: an operating-system lock, which ends with the process, and a
 * fencing token, a number that rises with every holder. A holder whose lock was lost without its
 * knowing (a volume taken over by another node) finds a higher number and stops.
 */
public final class OperationLock implements AutoCloseable {
  public static final String FILE = ".vmsnap/lock";

  /** Apart from the lock file: closing any descriptor of a file gives up POSIX locks on it. */
  static final String TOKEN_FILE = ".vmsnap/fence";

  private static final int MAX_TOKEN_BYTES = 32;

  private final VmStorage storage;
  private final StorageLock lock;
  private final long token;

  private OperationLock(VmStorage storage, StorageLock lock, long token) {
    this.storage = storage;
    this.lock = lock;
    this.token = token;
  }

  /** Empty if somebody else works on the directory. */
  public static Optional<OperationLock> tryAcquire(VmStorage storage) throws IOException {
    storage.createFolder(".vmsnap");
    Optional<StorageLock> lock = storage.tryLock(FILE);
    if (lock.isEmpty()) {
      return Optional.empty();
    }
    try {
      long token = readToken(storage) + 1;
      WholeFile.replace(storage, TOKEN_FILE, (token + "\n").getBytes(StandardCharsets.US_ASCII));
      return Optional.of(new OperationLock(storage, lock.get(), token));
    } catch (IOException | RuntimeException e) {
      lock.get().close();
      throw e;
    }
  }

  private static long readToken(VmStorage storage) throws IOException {
    if (!storage.exists(TOKEN_FILE)) {
      return 0;
    }
    String text =
        new String(WholeFile.read(storage, TOKEN_FILE, MAX_TOKEN_BYTES), StandardCharsets.US_ASCII);
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw new IOException(
          TOKEN_FILE + ": \"" + text.strip() + "\" is not a number; delete the file to go on", e);
    }
  }

  public long token() {
    return token;
  }

  /**
   * To be called before every effect.
   *
   * @throws LockLostException if somebody else has the directory now
   */
  public void check() throws IOException {
    if (!lock.isValid() || readToken(storage) != token) {
      throw new LockLostException(FILE + ": the lock with token " + token + " was lost");
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
