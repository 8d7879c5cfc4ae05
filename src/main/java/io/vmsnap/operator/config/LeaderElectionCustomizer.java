package io.vmsnap.operator.config;

import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.quarkiverse.operatorsdk.runtime.api.ConfigurationServiceCustomizer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Consumer;

/**
 * Turns leader election on at run time. The extension's own switch is fixed when the image is
 * built, but one image runs on a laptop and in a cluster.
 */
@ApplicationScoped
public class LeaderElectionCustomizer implements ConfigurationServiceCustomizer {
  private final OperatorConfig.LeaderElection config;

  public LeaderElectionCustomizer(OperatorConfig config) {
    this.config = config.leaderElection();
  }

  @Override
  public Consumer<ConfigurationServiceOverrider> overrider() {
    return overrider -> {
      if (config.enabled()) {
        overrider.withLeaderElectionConfiguration(
            config
                .leaseNamespace()
                .map(namespace -> new LeaderElectionConfiguration(config.leaseName(), namespace))
                .orElseGet(() -> new LeaderElectionConfiguration(config.leaseName())));
      }
    };
  }
}
