package io.vmsnap.operator.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;

class OperatorMetricsTest {
  @Test
  void countersOfOneNameGetTheSameTags() {
    PrometheusMeterRegistry registry = strictRegistry();
    registry.config().meterFilter(new OperatorMetrics().evenTags());

    count(registry);

    assertThat(registry.scrape())
        .contains("events_received_total{action=\"NONE\"")
        .contains("events_received_total{action=\"ADDED\"");
  }

  /** Without the filter the second counter throws, on the thread that handles events. */
  @Test
  void registryRefusesUnevenTags() {
    assertThatThrownBy(() -> count(strictRegistry())).hasMessageContaining("tag keys");
  }

  /** As the framework counts: some events have an action, some have none. */
  private static void count(PrometheusMeterRegistry registry) {
    registry.counter("events.received", "controller.name", "vm", "event", "Event").increment();
    registry
        .counter(
            "events.received", "controller.name", "vm", "event", "ResourceEvent", "action", "ADDED")
        .increment();
  }

  private static PrometheusMeterRegistry strictRegistry() {
    return (PrometheusMeterRegistry)
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT).throwExceptionOnRegistrationFailure();
  }
}
