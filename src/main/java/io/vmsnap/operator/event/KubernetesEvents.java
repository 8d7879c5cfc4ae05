package io.vmsnap.operator.event;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.operator.dependent.SpecHash;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import org.jboss.logging.Logger;

/**
 * Records Events of the core API. The same event about the same resource counts up instead of
 * filling the list; one that cannot be recorded is logged and forgotten, because nothing depends on
 * it.
 */
@ApplicationScoped
public class KubernetesEvents implements Events {
  private static final Logger LOG = Logger.getLogger(KubernetesEvents.class);
  private static final String SOURCE = "vmsnap";

  /** Length that the API server allows for an event's message. */
  private static final int MAX_MESSAGE = 1024;

  private final KubernetesClient client;
  private final Clock clock;

  public KubernetesEvents(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  @Override
  public void normal(HasMetadata about, EventReason reason, String message) {
    record(about, "Normal", reason, message);
  }

  @Override
  public void warning(HasMetadata about, EventReason reason, String message) {
    record(about, "Warning", reason, message);
  }

  private void record(HasMetadata about, String type, EventReason reason, String message) {
    Event event = event(about, type, reason, message);
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        countUp(event);
      } else {
        LOG.warnf(e, "event not recorded reason=%s name=%s", reason, about.getMetadata().getName());
      }
    }
  }

  private void countUp(Event event) {
    try {
      client
          .resource(event)
          .edit(
              old ->
                  new EventBuilder(old)
                      .withCount(old.getCount() == null ? 2 : old.getCount() + 1)
                      .withLastTimestamp(event.getLastTimestamp())
                      .build());
    } catch (KubernetesClientException e) {
      LOG.debugf(e, "event not counted up name=%s", event.getMetadata().getName());
    }
  }

  private Event event(HasMetadata about, String type, EventReason reason, String message) {
    String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    String name = about.getMetadata().getName();
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(about.getMetadata().getNamespace())
        .withName(name + "." + SpecHash.of(about.getMetadata().getUid(), type, reason, message))
        .endMetadata()
        .withInvolvedObject(
            new ObjectReferenceBuilder()
                .withApiVersion(about.getApiVersion())
                .withKind(about.getKind())
                .withNamespace(about.getMetadata().getNamespace())
                .withName(name)
                .withUid(about.getMetadata().getUid())
                .withResourceVersion(about.getMetadata().getResourceVersion())
                .build())
        .withType(type)
        .withReason(reason.name())
        .withMessage(message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message)
        .withNewSource()
        .withComponent(SOURCE)
        .endSource()
        .withFirstTimestamp(now)
        .withLastTimestamp(now)
        .withCount(1)
        .build();
  }
}
