package io.vmsnap.operator.metric;

import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetricsV2;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The operator framework's metrics, in a form that the Prometheus registry accepts. */
public final class OperatorMetrics {
  private static final String EVENTS_RECEIVED = "events.received";
  private static final String ACTION = "action";

  @Produces
  @Singleton
  Metrics metrics(MeterRegistry registry) {
    return MicrometerMetricsV2.newBuilder(registry).build();
  }

  /**
   * JOSDK counts events of resources with a tag {@code action} and other events without it, under
   * one name. The Prometheus registry demands the same tags on all meters of a name and throws; the
   * exception comes out of the event handling, and the resource is never reconciled again.
   */
  @Produces
  @Singleton
  MeterFilter evenTags() {
    return new MeterFilter() {
      @Override
      public Meter.Id map(Meter.Id id) {
        return id.getName().equals(EVENTS_RECEIVED) && id.getTag(ACTION) == null
            ? id.replaceTags(Tags.concat(id.getTags(), Tags.of(Tag.of(ACTION, "NONE"))))
            : id;
      }
    };
  }
}
