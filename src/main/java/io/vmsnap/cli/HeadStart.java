package io.vmsnap.cli;

import io.vmsnap.storage.LocalStorage;
import java.security.SecureRandom;

/**
 * What every job needs and Java takes its time to make ready, on a thread of its own: some 60 ms in
 * which the task is read and the directory opened.
 */
public final class HeadStart {
  private HeadStart() {}

  /** Returns at once; who needs one of these sooner waits for it as without. */
  public static void begin() {
    Thread.ofPlatform()
        .daemon()
        .name("head start")
        .start(
            () -> {
              LocalStorage.link();
              new SecureRandom().nextInt();
            });
  }
}
