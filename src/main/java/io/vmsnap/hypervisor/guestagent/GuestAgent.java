package io.vmsnap.hypervisor.guestagent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.socket.LineChannel;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The QEMU guest agent at the other end of a virtio-serial port (QEMU {@code qga/qapi-schema.json},
 * {@code docs/interop/qemu-ga.rst}).
 *
 * <p>The port is a pipe into the guest, not a connection: an answer may belong to somebody who
 * asked before and gave up, and a guest may never answer. So every conversation begins with {@code
 * guest-sync-delimited}, and no call outlasts its deadline. What comes from the guest is not
 * trusted: its length is limited.
 *
 * <p>Not for use by several threads at once. After an error, close it and open another one.
 */
public final class GuestAgent implements AutoCloseable {
  private static final int MAX_ANSWER_BYTES = 1 << 20;

  /** Never part of UTF-8: makes the agent forget half a command that an earlier client left. */
  private static final byte SENTINEL = (byte) 0xff;

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final SecureRandom RANDOM = new SecureRandom();

  /** A line, or why there will be no more. */
  private record Incoming(byte[] line, IOException failure) {}

  private final LineChannel channel;
  private final BlockingQueue<Incoming> incoming = new LinkedBlockingQueue<>();

  GuestAgent(LineChannel channel) {
    this.channel = channel;
    Thread.ofVirtual().name("guest-agent-reader").start(this::readAll);
  }

  /**
   * Opens the channel and waits for the agent.
   *
   * @param socket host's end of the agent's port; it has one client at a time
   * @throws HypervisorException if QEMU is gone, or no agent answers in time
   */
  public static GuestAgent connect(Path socket, Duration deadline) throws HypervisorException {
    LineChannel channel;
    try {
      channel = SocketLineChannel.connect(socket, MAX_ANSWER_BYTES);
    } catch (IOException e) {
      throw new HypervisorException(
          "no channel to the guest agent at " + socket + ": " + e.getMessage(), false, e);
    }
    GuestAgent agent = new GuestAgent(channel);
    try {
      agent.sync(deadline);
      return agent;
    } catch (HypervisorException | RuntimeException e) {
      agent.close();
      throw e;
    }
  }

  /** Returns if the agent answers. */
  public void ping(Duration deadline) throws HypervisorException {
    call("guest-ping", null, deadline);
  }

  /**
   * Flushes and freezes all file systems that can be; hooks of the guest run before.
   *
   * @return how many are frozen
   */
  public int freeze(Duration deadline) throws HypervisorException {
    return call("guest-fsfreeze-freeze", null, deadline).asInt();
  }

  /**
   * Thaws all file systems; harmless if none is frozen.
   *
   * @return how many were thawed
   */
  public int thaw(Duration deadline) throws HypervisorException {
    return call("guest-fsfreeze-thaw", null, deadline).asInt();
  }

  /** Whether file systems are frozen, as the agent remembers it. */
  public boolean isFrozen(Duration deadline) throws HypervisorException {
    return call("guest-fsfreeze-status", null, deadline).asText().equals("frozen");
  }

  /** Sends a command and gives its {@code return} member. */
  JsonNode call(String command, ObjectNode arguments, Duration deadline)
      throws HypervisorException {
    ObjectNode message = JSON.createObjectNode().put("execute", command);
    if (arguments != null) {
      message.set("arguments", arguments);
    }
    long end = System.nanoTime() + deadline.toNanos();
    send(bytes(message), command);
    return answer(receive(command, end, deadline), command);
  }

  private void sync(Duration deadline) throws HypervisorException {
    String command = "guest-sync-delimited";
    long id = RANDOM.nextInt(Integer.MAX_VALUE);
    ObjectNode message = JSON.createObjectNode().put("execute", command);
    message.putObject("arguments").put("id", id);
    byte[] text = bytes(message);
    byte[] delimited = new byte[text.length + 1];
    delimited[0] = SENTINEL;
    System.arraycopy(text, 0, delimited, 1, text.length);
    long end = System.nanoTime() + deadline.toNanos();
    send(delimited, command);
    while (true) {
      byte[] line = receive(command, end, deadline);
      int start = lastSentinel(line) + 1;
      // Lines without a sentinel answer earlier clients, or complain about the sentinel itself.
      if (start > 0 && isAnswerTo(id, Arrays.copyOfRange(line, start, line.length))) {
        return;
      }
    }
  }

  private static int lastSentinel(byte[] line) {
    int at = line.length - 1;
    while (at >= 0 && line[at] != SENTINEL) {
      at--;
    }
    return at;
  }

  private static boolean isAnswerTo(long id, byte[] line) {
    try {
      JsonNode message = JSON.readTree(line);
      return message != null && message.path("return").asLong(-1) == id;
    } catch (IOException e) {
      return false;
    }
  }

  private static JsonNode answer(byte[] line, String command) throws HypervisorException {
    JsonNode message;
    try {
      message = JSON.readTree(line);
    } catch (IOException e) {
      throw new HypervisorException("the guest agent answered " + command + " oddly", true, e);
    }
    if (message != null && message.has("return")) {
      return message.get("return");
    }
    throw new HypervisorException(
        "the guest agent refused "
            + command
            + ": "
            + (message == null ? "" : message.path("error").path("desc").asText()),
        false,
        null);
  }

  private byte[] receive(String command, long end, Duration deadline) throws HypervisorException {
    Incoming next;
    try {
      next = incoming.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException("interrupted while waiting for " + command, true, e);
    }
    if (next == null) {
      throw new HypervisorException(
          "no guest agent answered " + command + " within " + deadline.toMillis() + " ms",
          true,
          null);
    }
    if (next.failure() != null) {
      throw new HypervisorException(
          "lost the channel to the guest agent: " + next.failure().getMessage(),
          true,
          next.failure());
    }
    return next.line();
  }

  /** Fits into the socket's buffer, so that it does not block even if no guest reads. */
  private void send(byte[] message, String command) throws HypervisorException {
    try {
      channel.write(message);
    } catch (IOException e) {
      throw new HypervisorException(
          "cannot send " + command + " to the guest agent: " + e.getMessage(), true, e);
    }
  }

  private static byte[] bytes(ObjectNode message) {
    try {
      return (JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree is always writable", e);
    }
  }

  private void readAll() {
    try {
      for (byte[] line = channel.readLine(); line != null; line = channel.readLine()) {
        incoming.add(new Incoming(line, null));
      }
      incoming.add(new Incoming(null, new IOException("QEMU closed it")));
    } catch (IOException e) {
      incoming.add(new Incoming(null, e));
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is buffered on our side that could be lost.
    }
  }
}
