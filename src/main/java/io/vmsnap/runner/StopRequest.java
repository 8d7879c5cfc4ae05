package io.vmsnap.runner;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The wish that the machine be powered off, made once by SIGTERM, heard by whoever waits. */
final class StopRequest {
  private final CountDownLatch requested = new CountDownLatch(1);
  private final CompletableFuture<Void> future = new CompletableFuture<>();

  void request() {
    requested.countDown();
    future.complete(null);
  }

  boolean isRequested() {
    return requested.getCount() == 0;
  }

  /** Completes with the request. */
  CompletableFuture<Void> future() {
    return future;
  }

  /** Waits that long, but not beyond a request; true if there is one. */
  boolean await(Duration duration) throws InterruptedException {
    return requested.await(duration.toNanos(), TimeUnit.NANOSECONDS);
  }
}
