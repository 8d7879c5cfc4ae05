package io.vmsnap.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Counts what a fault test tries and compares, and prints one line of it at the end: a test that
 * tried nothing is green too, and only the counts show it. To be registered as a static extension.
 */
public final class FaultTally implements AfterTestExecutionCallback, AfterAllCallback {
  private final LongAdder tried = new LongAdder();
  private final LongAdder compared = new LongAdder();
  private final LongAdder failures = new LongAdder();

  /** A fault at one place, and whatever came of it. */
  public void tried() {
    tried.increment();
  }

  /** That a state, of a snapshot or of now, reads as the guest wrote it. */
  public void same(Object state, Object written, String where) {
    compared.increment();
    assertThat(state).as(where).isEqualTo(written);
  }

  /** That a state is one of two, where either outcome is right. */
  public void either(Object state, Object one, Object other, String where) {
    compared.increment();
    assertThat(state).as(where).isIn(one, other);
  }

  /** A state was compared by other means. */
  public void compared() {
    compared.increment();
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      failures.increment();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    System.out.printf(
        Locale.ROOT,
        "%s: %,d cases tried, %,d states compared, %d failures%n",
        context.getRequiredTestClass().getSimpleName(),
        tried.sum(),
        compared.sum(),
        failures.sum());
  }
}
