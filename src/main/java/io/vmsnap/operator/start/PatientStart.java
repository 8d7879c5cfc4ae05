package io.vmsnap.operator.start;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.javaoperatorsdk.operator.Operator;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Starts the operator as soon as the API server answers, however long that takes. The framework
 * would try a few times and end the process; here the process is alive meanwhile, not ready, and
 * its log says what it waits for.
 */
@Singleton
public class PatientStart {
  private static final Logger LOG = Logger.getLogger(PatientStart.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  /** Answers of a server that is up, whatever it thinks of us: the start itself tells more. */
  private static final Set<Integer> ANSWERS =
      Set.of(
          HttpURLConnection.HTTP_UNAUTHORIZED,
          HttpURLConnection.HTTP_FORBIDDEN,
          HttpURLConnection.HTTP_NOT_FOUND);

  private final KubernetesClient client;
  private final Operator operator;
  private final CountDownLatch ending = new CountDownLatch(1);

  public PatientStart(KubernetesClient client, Operator operator) {
    this.client = client;
    this.operator = operator;
  }

  /** Returns at once, so that health and metrics are served while it waits. */
  void onStart(@Observes StartupEvent event) {
    Thread.ofPlatform().name("operator-start").start(this::start);
  }

  void onStop(@Observes ShutdownEvent event) {
    ending.countDown();
    if (operator.getRuntimeInfo().isStarted()) {
      operator.stop();
    }
  }

  private void start() {
    try {
      if (awaitApiServer()) {
        operator.start();
        LOG.infof("operator works on %s", client.getMasterUrl());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // half started cannot be started again: the Deployment starts another
      LOG.error("operator does not start", e);
      Quarkus.asyncExit(1);
    }
  }

  /**
   * @return false if the process is to end
   */
  private boolean awaitApiServer() throws InterruptedException {
    // each question is one request: pauses between them are ours
    var asking =
        client.newClient(new RequestConfigBuilder().withRequestRetryBackoffLimit(0).build());
    Duration pause = FIRST_PAUSE;
    while (ending.getCount() > 0) {
      try {
        asking.raw("/version");
        return true;
      } catch (KubernetesClientException e) {
        if (ANSWERS.contains(e.getCode())) {
          return true;
        }
        LOG.warnf(
            "API server %s does not answer, next try in %d s: %s",
            client.getMasterUrl(), pause.toSeconds(), reason(e));
      }
      if (ending.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        return false;
      }
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
    return false;
  }

  private static String reason(KubernetesClientException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
