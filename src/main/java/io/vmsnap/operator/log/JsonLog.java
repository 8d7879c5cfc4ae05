package io.vmsnap.operator.log;

import io.quarkus.runtime.StartupEvent;
import io.vmsnap.log.JsonFormatter;
import io.vmsnap.log.LogFields;
import io.vmsnap.operator.config.OperatorConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * Makes the operator's log lines the same JSON as those of runners and jobs, if they are to be
 * JSON. Quarkus' own JSON would be another one, and brings a library.
 */
@Singleton
public class JsonLog {
  private final OperatorConfig config;

  public JsonLog(OperatorConfig config) {
    this.config = config;
  }

  /** Before all else that begins at the start. */
  void onStart(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event) {
    if (config.logJson()) {
      format(Logger.getLogger("").getHandlers());
    }
  }

  private static void format(Handler... handlers) {
    for (Handler handler : handlers) {
      if (handler instanceof ConsoleHandler console) {
        console.setFormatter(new JsonFormatter(LogFields.ofProcess()));
      } else if (handler instanceof ExtHandler outer) {
        format(outer.getHandlers());
      }
    }
  }
}
