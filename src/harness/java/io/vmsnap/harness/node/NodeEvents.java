package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Events for {@code kubectl describe}. The same text about the same object is said once a minute.
 */
final class NodeEvents {
  private static final Duration QUIET = Duration.ofMinutes(1);
  private static final int REMEMBERED = 1000;
  private static final int MAX_MESSAGE = 1024; // API limit, Event v1 core

  private final KubernetesClient client;
  private final String component;
  private final String node;
  private final Map<String, Instant> said =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
          return size() > REMEMBERED;
        }
      };

  NodeEvents(KubernetesClient client, String component, String node) {
    this.client = client;
    this.component = component;
    this.node = node;
  }

  void normal(HasMetadata about, String reason, String message) {
    record(about, "Normal", reason, message);
  }

  void warning(HasMetadata about, String reason, String message) {
    record(about, "Warning", reason, message);
  }

  private void record(HasMetadata about, String type, String reason, String message) {
    var meta = about.getMetadata();
    Instant now = Instant.now();
    synchronized (said) {
      String key = meta.getUid() + reason + message;
      Instant before = said.get(key);
      if (before != null && before.plus(QUIET).isAfter(now)) {
        return;
      }
      said.put(key, now);
    }
    String namespace = meta.getNamespace() == null ? "default" : meta.getNamespace();
    String time = KubeTime.of(now);
    try {
      client
          .v1()
          .events()
          .inNamespace(namespace)
          .resource(
              new EventBuilder()
                  .withNewMetadata()
                  .withGenerateName(meta.getName() + ".")
                  .withNamespace(namespace)
                  .endMetadata()
                  .withNewInvolvedObject()
                  .withApiVersion(about.getApiVersion())
                  .withKind(about.getKind())
                  .withName(meta.getName())
                  .withNamespace(meta.getNamespace())
                  .withUid(meta.getUid())
                  .endInvolvedObject()
                  .withType(type)
                  .withReason(reason)
                  .withMessage(message.substring(0, Math.min(message.length(), MAX_MESSAGE)))
                  .withFirstTimestamp(time)
                  .withLastTimestamp(time)
                  .withCount(1)
                  .withNewSource()
                  .withComponent(component)
                  .withHost(node)
                  .endSource()
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      // Events are a courtesy: a namespace that is being deleted takes none.
      System.getLogger(NodeEvents.class.getName())
          .log(System.Logger.Level.DEBUG, "event not recorded: " + message, e);
    }
  }
}
