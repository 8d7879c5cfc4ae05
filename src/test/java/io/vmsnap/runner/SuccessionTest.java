package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.hypervisor.HypervisorException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever asks must know whether the machine may have been ended. */
@Timeout(30)
class SuccessionTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final Succession succession = new Succession();

  @Test
  void orderIsTakenOnceAndItsResultReachesTheAsker() throws Exception {
    CompletableFuture<HypervisorException> asked = ask(LONG);
    succession.arrival().get(10, TimeUnit.SECONDS);

    Succession.Order order = succession.take();
    assertThat(succession.take()).isNull();
    assertThat(succession.arrival()).isNotDone();
    order.done();

    assertThat(asked.get()).isNull();
  }

  @Test
  void failureKeepsWhatIsKnownAboutIt() throws Exception {
    CompletableFuture<HypervisorException> asked = ask(LONG);
    succession.arrival().get(10, TimeUnit.SECONDS);
    succession.take().failed(new HypervisorException("dead", true, null));

    assertThat(asked.get()).hasMessage("dead");
    assertThat(asked.get().isOutcomeUnknown()).isTrue();
  }

  @Test
  void orderThatNobodyTookIsWithdrawnAndNeverCarriedOut() throws Exception {
    CompletableFuture<HypervisorException> asked = ask(Duration.ofMillis(50));

    assertThat(asked.get().isOutcomeUnknown()).as("nothing happened").isFalse();
    assertThat(succession.take()).isNull();
    assertThat(succession.arrival()).isNotDone();
  }

  @Test
  void orderThatWasBegunCannotBeWithdrawn() throws Exception {
    CompletableFuture<HypervisorException> asked = ask(Duration.ofMillis(300));
    succession.arrival().get(10, TimeUnit.SECONDS);
    assertThat(succession.take()).isNotNull();

    assertThat(asked.get().isOutcomeUnknown()).isTrue();
  }

  @Test
  void endOfTheMachineEndsTheWaiting() throws Exception {
    CompletableFuture<HypervisorException> asked = ask(LONG);
    succession.arrival().get(10, TimeUnit.SECONDS);

    succession.close();

    assertThat(asked.get().isOutcomeUnknown()).isTrue();
    HypervisorException late =
        catchThrowableOfType(HypervisorException.class, () -> succession.ask(null, LONG));
    assertThat(late).hasMessageContaining("ended");
  }

  /** Completes with what {@code ask} threw, null for nothing. */
  private CompletableFuture<HypervisorException> ask(Duration timeout) {
    CompletableFuture<HypervisorException> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                succession.ask(null, timeout);
                result.complete(null);
              } catch (HypervisorException e) {
                result.complete(e);
              }
            });
    Awaitility.await().until(() -> result.isDone() || succession.arrival().isDone());
    return result;
  }
}
