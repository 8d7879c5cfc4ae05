package io.vmsnap.operator.log;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vmsnap.log.LogFields;
import java.util.function.Supplier;
import org.jboss.logging.MDC;

/** Gives all log lines of a piece of work what they are about, whichever library writes them. */
public final class LogScope {
  private LogScope() {}

  /** Does the work on the resource; the thread's context is as before when it has ended. */
  public static <T> T about(HasMetadata resource, Supplier<T> work) {
    LogFields fields = LogSubject.of(resource);
    fields.values().forEach(MDC::put);
    try {
      return work.get();
    } finally {
      fields.values().keySet().forEach(MDC::remove);
    }
  }
}
