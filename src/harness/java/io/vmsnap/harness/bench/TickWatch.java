package io.vmsnap.harness.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Watches the console of a guest that prints all the time, for the longest silence. */
final class TickWatch implements AutoCloseable {
  private final Path console;
  private final Thread thread;
  private volatile boolean watching = true;
  private volatile long longest;
  private volatile IOException failure;

  TickWatch(Path console) {
    this.console = console;
    this.thread = Thread.ofPlatform().daemon().name("tick-watch").start(this::watch);
  }

  private void watch() {
    try {
      long size = Files.size(console);
      long heard = System.nanoTime();
      while (watching) {
        long now = Files.size(console);
        long time = System.nanoTime();
        if (now > size) {
          longest = Math.max(longest, time - heard);
          heard = time;
          size = now;
        }
        TimeUnit.MICROSECONDS.sleep(300);
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the watch; milliseconds of the longest silence that has ended. */
  double longestSilence() throws IOException, InterruptedException {
    watching = false;
    thread.join();
    if (failure != null) {
      throw failure;
    }
    return longest / 1e6;
  }

  @Override
  public void close() {
    watching = false;
  }
}
