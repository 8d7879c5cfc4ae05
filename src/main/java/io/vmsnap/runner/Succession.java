package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where the thread that talks to jobs asks the one that watches the machine to end it, with or
 * without a successor. An order is either carried out or withdrawn, never both.
 */
final class Succession {
  private Order waiting;
  private CompletableFuture<Void> arrival = new CompletableFuture<>();
  private boolean closed;

  /**
   * What is to happen to the machine.
   *
   * @param successor null to end it without one
   */
  record Order(ReadyMachine successor, CompletableFuture<Void> result) {
    void done() {
      result.complete(null);
    }

    void failed(HypervisorException e) {
      result.completeExceptionally(e);
    }
  }

  /**
   * Waits until the order was carried out.
   *
   * @throws HypervisorException if it was not; with unknown outcome if it was begun
   */
  void ask(ReadyMachine successor, Duration timeout) throws HypervisorException {
    Order order = new Order(successor, new CompletableFuture<>());
    synchronized (this) {
      if (closed) {
        if (successor != null) {
          successor.close();
        }
        throw new HypervisorException("the machine has ended", true, null);
      }
      waiting = order;
      arrival.complete(null);
    }
    try {
      order.result().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      boolean begun = !withdraw(order);
      throw new HypervisorException(
          "the machine was not replaced within " + timeout.toSeconds() + " s", begun, e);
    } catch (ExecutionException e) {
      HypervisorException cause = (HypervisorException) e.getCause();
      throw new HypervisorException(cause.getMessage(), cause.isOutcomeUnknown(), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException("interrupted", !withdraw(order), e);
    }
  }

  private synchronized boolean withdraw(Order order) {
    boolean was = waiting == order;
    if (was) {
      waiting = null;
      arrival = new CompletableFuture<>();
    }
    return was;
  }

  /** Completes when there is an order. */
  synchronized CompletableFuture<Void> arrival() {
    return arrival.copy();
  }

  /** The order to be carried out now; null for none. */
  synchronized Order take() {
    Order order = waiting;
    if (order != null) {
      waiting = null;
      arrival = new CompletableFuture<>();
    }
    return order;
  }

  /** The last machine has ended: nothing will be carried out any more. */
  synchronized void close() {
    closed = true;
    if (waiting != null) {
      if (waiting.successor() != null) {
        waiting.successor().close();
      }
      waiting.failed(new HypervisorException("the machine has ended", true, null));
      waiting = null;
    }
  }
}
