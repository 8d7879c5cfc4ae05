package io.vmsnap.hypervisor.qmp;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Events of one kind in the order in which they came. Subscribe before sending the command that
 * causes them: events that came earlier are not repeated.
 *
 * @param <E> kind of event
 */
public final class QmpSubscription<E extends QmpEvent> implements AutoCloseable {
  private final Class<E> type;
  private final Consumer<QmpSubscription<?>> unsubscribe;
  private final BlockingQueue<E> events = new LinkedBlockingQueue<>();

  QmpSubscription(Class<E> type, Consumer<QmpSubscription<?>> unsubscribe) {
    this.type = type;
    this.unsubscribe = unsubscribe;
  }

  void offer(QmpEvent event) {
    if (type.isInstance(event)) {
      events.add(type.cast(event));
    }
  }

  /** Waits for the next event; empty when the time is over or the waiting thread interrupted. */
  public Optional<E> next(Duration timeout) {
    try {
      return Optional.ofNullable(events.poll(timeout.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Takes what is there. */
  public List<E> drain() {
    List<E> drained = new ArrayList<>();
    events.drainTo(drained);
    return drained;
  }

  @Override
  public void close() {
    unsubscribe.accept(this);
  }
}
