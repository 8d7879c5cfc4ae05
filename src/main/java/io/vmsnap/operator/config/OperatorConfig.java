package io.vmsnap.operator.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** What can be set about the operator. {@code application.properties} documents the variables. */
@ConfigMapping(prefix = "vmsnap.operator")
public interface OperatorConfig {
  /** Image of runner and job pods; the operator's own. */
  String image();

  /** {@code Always}, {@code IfNotPresent} or {@code Never}. */
  @WithDefault("IfNotPresent")
  String imagePullPolicy();

  /**
   * Extended resource that gives a pod {@code /dev/kvm}, such as {@code devices.kubevirt.io/kvm}.
   * Without it every machine runs under TCG.
   */
  Optional<String> kvmResource();

  /** User and group of runners and jobs, and group of the volumes. */
  @WithDefault("10001")
  long userId();

  /** Memory that a runner's pod is given beside the guest's RAM. */
  @WithDefault("384Mi")
  String runnerOverhead();

  /** CPU that a runner's pod requests for each virtual CPU. */
  @WithDefault("100m")
  String cpuRequest();

  /** Time for the guest's power-down before the power is cut. */
  @WithDefault("PT60S")
  Duration stopTimeout();

  /** How often a running machine is looked at. */
  @WithDefault("PT2S")
  Duration pollInterval();

  /** How long a finished job stays, so that its log can be read. */
  @WithDefault("PT10M")
  Duration jobTtl();

  /** How often a snapshot is tried when it fails for reasons that may pass. */
  @WithDefault("5")
  int jobAttempts();

  /** Whether log lines of operator, runners and jobs are JSON objects. */
  @WithDefault("false")
  boolean logJson();

  LeaderElection leaderElection();

  /** One of several replicas works, the others stand by. */
  interface LeaderElection {
    @WithDefault("false")
    boolean enabled();

    @WithDefault("vmsnap-operator")
    String leaseName();

    /** Namespace of the lease; the pod's own without it. */
    Optional<String> leaseNamespace();
  }
}
