package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.socket.LineChannel;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A conversation with one QEMU monitor (QEMU {@code docs/interop/qmp-spec.rst}): sends commands,
 * routes answers by id, hands events to subscribers. It never reconnects: after an error the state
 * of the machine has to be looked at anew.
 *
 * <p>Safe for use by several threads. No call outlasts its deadline, not even one whose bytes QEMU
 * does not read.
 */
public final class QmpSession implements AutoCloseable {
  /** Longest message accepted; QEMU's longest known answer, all block nodes, is far below. */
  static final int MAX_MESSAGE_BYTES = 16 << 20;

  private enum State {
    /** Connected; the greeting has not come. */
    GREETING,
    /** Only {@code qmp_capabilities} is allowed. */
    NEGOTIATING,
    RUNNING,
    CLOSED
  }

  private record Pending(QmpCommand<?> command, CompletableFuture<JsonNode> answer) {}

  private final LineChannel channel;
  private final String peer;
  private final Map<String, Pending> pending = new ConcurrentHashMap<>();
  private final List<QmpSubscription<?>> subscriptions = new CopyOnWriteArrayList<>();
  private final BlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>();
  private final CompletableFuture<QmpGreeting> greeting = new CompletableFuture<>();
  private final CompletableFuture<HypervisorException> end = new CompletableFuture<>();
  private final AtomicLong nextId = new AtomicLong();
  private final Thread reader;
  private final Thread writer;
  private volatile State state = State.GREETING;

  private QmpSession(LineChannel channel, String peer) {
    this.channel = channel;
    this.peer = peer;
    this.reader = Thread.ofVirtual().name("qmp-reader").unstarted(this::readAll);
    this.writer = Thread.ofVirtual().name("qmp-writer").unstarted(this::writeAll);
  }

  /**
   * Connects and negotiates; the session is ready for commands when this returns.
   *
   * @param timeout for all of it
   */
  public static QmpSession connect(Path socket, Duration timeout) throws HypervisorException {
    LineChannel channel;
    try {
      channel = SocketLineChannel.connect(socket, MAX_MESSAGE_BYTES);
    } catch (IOException e) {
      throw new QmpConnectionException(
          "no QEMU monitor answers at " + socket + ": " + e.getMessage(), false, e);
    }
    return negotiate(channel, socket.toString(), timeout);
  }

  /** The same over a connection that exists; it is closed if the negotiation fails. */
  static QmpSession negotiate(LineChannel channel, String peer, Duration timeout)
      throws HypervisorException {
    QmpSession session = new QmpSession(channel, peer);
    session.reader.start();
    session.writer.start();
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      await(session.greeting, "the greeting", timeout, false);
      Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
      session.executeIn(State.NEGOTIATING, new QmpCapabilities(), left);
      session.become(State.NEGOTIATING, State.RUNNING);
      return session;
    } catch (HypervisorException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /** Version of the QEMU at the other end. */
  public QmpGreeting greeting() {
    return greeting.join();
  }

  /**
   * Sends the command and waits for its answer.
   *
   * @throws QmpCommandException if QEMU refused
   * @throws QmpTimeoutException if the deadline passed
   * @throws QmpConnectionException if QEMU is gone
   * @throws QmpProtocolException if QEMU talks nonsense
   */
  public <R> R execute(QmpCommand<R> command, Duration deadline) throws HypervisorException {
    return executeIn(State.RUNNING, command, deadline);
  }

  /** Listens from now on; close the subscription when done. */
  public <E extends QmpEvent> QmpSubscription<E> subscribe(Class<E> type) {
    QmpSubscription<E> subscription = new QmpSubscription<>(type, subscriptions::remove);
    subscriptions.add(subscription);
    return subscription;
  }

  /** Completes with the cause when the conversation is over, whoever ended it. */
  public CompletableFuture<HypervisorException> end() {
    return end.copy();
  }

  @Override
  public void close() {
    finish(new QmpConnectionException("the session with " + peer + " was closed", true, null));
  }

  private <R> R executeIn(State required, QmpCommand<R> command, Duration deadline)
      throws HypervisorException {
    if (state != required) {
      throw end.isDone()
          ? new QmpConnectionException(
              "cannot send " + command.name() + ": " + end.join().getMessage(), false, end.join())
          : new QmpConnectionException(
              command.name() + " needs a session that is " + required + ", it is " + state,
              false,
              null);
    }
    String id = "vmsnap-" + nextId.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    pending.put(id, new Pending(command, answer));
    if (end.isDone()) {
      // The reader may have failed all pending commands just before this one was added.
      answer.completeExceptionally(lost(command, end.join()));
    }
    outgoing.add(QmpMessage.request(id, command));
    try {
      JsonNode result = await(answer, command.name(), deadline, !command.isQuery());
      return command.parse(result);
    } finally {
      pending.remove(id);
    }
  }

  private static <T> T await(
      CompletableFuture<T> future, String what, Duration deadline, boolean changesState)
      throws HypervisorException {
    try {
      return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new QmpTimeoutException(what, deadline, changesState);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QmpConnectionException("interrupted while waiting for " + what, changesState, e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof HypervisorException known
          ? known
          : new QmpProtocolException("unexpected failure of " + what, changesState, e.getCause());
    }
  }

  private void readAll() {
    try {
      for (byte[] line = channel.readLine(); line != null; line = channel.readLine()) {
        dispatch(QmpMessage.parse(line));
      }
      finish(new QmpConnectionException("QEMU closed its monitor " + peer, true, null));
    } catch (QmpProtocolException e) {
      finish(e);
    } catch (IOException e) {
      finish(
          new QmpConnectionException(
              "connection to QEMU's monitor " + peer + " broke: " + e.getMessage(), true, e));
    }
  }

  private void dispatch(QmpMessage message) throws QmpProtocolException {
    switch (message) {
      case QmpMessage.Greeting(QmpGreeting value) -> {
        if (state != State.GREETING) {
          throw new QmpProtocolException("QEMU greeted twice on " + peer, true, null);
        }
        become(State.GREETING, State.NEGOTIATING);
        greeting.complete(value);
      }
      case QmpMessage.Event(QmpEvent event) ->
          subscriptions.forEach(subscription -> subscription.offer(event));
      case QmpMessage.Answer(String id, JsonNode value) -> {
        Pending command = pending.get(id);
        if (command != null) {
          command.answer().complete(value);
        }
      }
      case QmpMessage.Refusal(String id, String errorClass, String description) -> {
        if (id == null) {
          throw new QmpProtocolException(
              "QEMU could not read what was sent to " + peer + ": " + description, true, null);
        }
        Pending command = pending.get(id);
        if (command != null) {
          command
              .answer()
              .completeExceptionally(
                  new QmpCommandException(command.command().name(), errorClass, description));
        }
      }
    }
  }

  private void writeAll() {
    try {
      while (!end.isDone()) {
        channel.write(outgoing.take());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      finish(
          new QmpConnectionException(
              "connection to QEMU's monitor " + peer + " broke: " + e.getMessage(), true, e));
    }
  }

  private synchronized void become(State from, State to) {
    if (state == from) {
      state = to;
    }
  }

  private void finish(HypervisorException cause) {
    synchronized (this) {
      if (state == State.CLOSED) {
        return;
      }
      state = State.CLOSED;
    }
    end.complete(cause);
    greeting.completeExceptionally(cause);
    pending
        .values()
        .forEach(command -> command.answer().completeExceptionally(lost(command.command(), cause)));
    writer.interrupt();
    try {
      channel.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static HypervisorException lost(QmpCommand<?> command, HypervisorException cause) {
    String message = command.name() + " got no answer: " + cause.getMessage();
    return cause instanceof QmpProtocolException
        ? new QmpProtocolException(message, !command.isQuery(), cause)
        : new QmpConnectionException(message, !command.isQuery(), cause);
  }
}
