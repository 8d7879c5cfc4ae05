package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.socket.LineChannel;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import io.vmsnap.hypervisor.socket.UnixSocket;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of those who talk to a guest's agent when its machine ends. */
@Timeout(30)
class AgentWatchTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private ServerSocketChannel server;
  private AgentWatch watch;

  @BeforeEach
  void agent() throws IOException {
    server = UnixSocket.listen(folder.resolve("qga.sock"));
    watch = new AgentWatch(folder.resolve("qga.sock"));
  }

  @AfterEach
  void end() throws IOException {
    watch.close();
    server.close();
  }

  /** The thaw guard is one of them, and the runner's next machine waits for the guard. */
  @Test
  void nobodyWaitsForAMachineThatHasEnded() throws Exception {
    CountDownLatch talking = new CountDownLatch(1);
    Thread.ofVirtual().start(this::answerTheGreeting);
    CompletableFuture<Void> first = new CompletableFuture<>();
    talk(
        agent -> {
          talking.countDown();
          agent.ping(DEADLINE);
          return null;
        },
        first);
    assertThat(talking.await(10, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Void> queued = new CompletableFuture<>();
    Thread waiting = talk(agent -> null, queued);
    Awaitility.await().until(() -> waiting.getState() == Thread.State.WAITING);

    watch.close();

    assertEnds(first);
    assertEnds(queued);
    assertThatThrownBy(() -> watch.talk(agent -> null))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("the machine has ended");
  }

  /** A runner that reverts its machine often must not run out of descriptors. */
  @Test
  void channelIsClosedWithTheWatch() throws Exception {
    CompletableFuture<Boolean> hungUp = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              answerTheGreeting();
              hungUp.complete(true);
            });
    watch.talk(agent -> null);

    watch.close();

    assertThat(hungUp.get(10, TimeUnit.SECONDS)).isTrue();
  }

  private Thread talk(AgentWatch.Conversation<Void> conversation, CompletableFuture<Void> outcome) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                outcome.complete(watch.talk(conversation));
              } catch (HypervisorException | RuntimeException e) {
                outcome.completeExceptionally(e);
              }
            });
  }

  private static void assertEnds(CompletableFuture<Void> talk) {
    assertThatThrownBy(() -> talk.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(HypervisorException.class);
  }

  /** Returns when the watch hangs up. */
  private void answerTheGreeting() {
    try (LineChannel port = new SocketLineChannel(server.accept(), 1 << 16)) {
      for (byte[] line = port.readLine(); line != null; line = port.readLine()) {
        String text = new String(line, StandardCharsets.ISO_8859_1);
        if (text.contains("guest-sync-delimited")) {
          String id = text.replaceAll(".*\"id\":(\\d+).*", "$1");
          port.write(("\u00ff{\"return\": " + id + "}\n").getBytes(StandardCharsets.ISO_8859_1));
        }
      }
    } catch (IOException e) {
      // The watch is gone.
    }
  }
}
