package io.vmsnap.runner.control;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.hypervisor.QuiesceException;
import io.vmsnap.hypervisor.Quiescer;
import io.vmsnap.hypervisor.socket.LineChannel;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import io.vmsnap.task.TaskJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A job's side of the runner's control socket. */
public final class ControlClient implements MachineReplacement, Quiescer {
  private static final Duration QUICK = Duration.ofSeconds(30);

  /** The runner's own deadline passes first, so that it is the one to say what happened. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final LineChannel channel;

  private ControlClient(LineChannel channel) {
    this.channel = channel;
  }

  /**
   * @throws HypervisorException if no runner listens there
   */
  public static ControlClient connect(Path socket) throws HypervisorException {
    try {
      return new ControlClient(SocketLineChannel.connect(socket, ControlServer.MAX_LINE_BYTES));
    } catch (IOException e) {
      throw new HypervisorException(
          "no runner answers at " + socket + ": " + e.getMessage(), false, e);
    }
  }

  @Override
  public void prepare(String configuration, Duration timeout) throws HypervisorException {
    ask(new ControlRequest(ControlRequest.PREPARE, configuration, timeout.toMillis()), timeout);
  }

  @Override
  public void promote(Duration timeout) throws HypervisorException {
    ask(new ControlRequest(ControlRequest.PROMOTE, null, timeout.toMillis()), timeout);
  }

  @Override
  public void powerOff(Duration timeout) throws HypervisorException {
    ask(new ControlRequest(ControlRequest.POWER_OFF, null, timeout.toMillis()), timeout);
  }

  @Override
  public void discard() throws HypervisorException {
    ask(ControlRequest.of(ControlRequest.DISCARD), QUICK);
  }

  @Override
  public int freeze(Duration deadline) throws HypervisorException {
    ControlReply reply =
        exchange(new ControlRequest(ControlRequest.FREEZE, null, deadline.toMillis()), deadline);
    if (!reply.ok()) {
      throw new QuiesceException(cause(reply.reason()), reply.message(), null);
    }
    return reply.fileSystems() == null ? 0 : reply.fileSystems();
  }

  private static QuiesceException.Cause cause(String reason) {
    return switch (reason) {
      case "AgentNotConnected" -> QuiesceException.Cause.AGENT_NOT_CONNECTED;
      case "FreezeTimeout" -> QuiesceException.Cause.FREEZE_TIMEOUT;
      case null, default -> QuiesceException.Cause.FREEZE_FAILED;
    };
  }

  @Override
  public boolean thaw() throws HypervisorException {
    ControlReply reply = exchange(ControlRequest.of(ControlRequest.THAW), QUICK);
    if (!reply.ok()) {
      throw new HypervisorException(reply.message(), reply.unknown(), null);
    }
    return Boolean.TRUE.equals(reply.stillFrozen());
  }

  private void ask(ControlRequest request, Duration timeout) throws HypervisorException {
    ControlReply reply = exchange(request, timeout);
    if (!reply.ok()) {
      throw new HypervisorException(reply.message(), reply.unknown(), null);
    }
  }

  private ControlReply exchange(ControlRequest request, Duration timeout)
      throws HypervisorException {
    try {
      channel.write((TaskJson.write(request) + "\n").getBytes(StandardCharsets.UTF_8));
      return TaskJson.read(readLine(timeout.plus(GRACE)), ControlReply.class);
    } catch (IOException e) {
      close(); // a late answer must not be taken for that to a later request
      throw new HypervisorException(
          request.command() + ": the runner does not answer: " + e.getMessage(), true, e);
    }
  }

  private String readLine(Duration timeout) throws IOException {
    CompletableFuture<byte[]> line = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("control-reply")
        .start(
            () -> {
              try {
                line.complete(channel.readLine());
              } catch (IOException e) {
                line.completeExceptionally(e);
              }
            });
    try {
      byte[] bytes = line.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      if (bytes == null) {
        throw new IOException("it closed the connection");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + timeout.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The runner discards what this connection made ready. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
