package io.vmsnap.deploy;

import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The Pod Security Standard "restricted" with the baseline that it contains, as far as Linux pods
 * go (kubernetes.io/docs/concepts/security/pod-security-standards). API servers before 1.22 do not
 * check it themselves.
 */
public final class RestrictedPodSecurity {
  private RestrictedPodSecurity() {}

  /** Empty if the pod would be admitted to a namespace that enforces the standard. */
  public static List<String> violations(PodSpec pod) {
    List<String> found = new ArrayList<>();
    PodSecurityContext context = pod.getSecurityContext();
    if (isTrue(pod.getHostNetwork()) || isTrue(pod.getHostPID()) || isTrue(pod.getHostIPC())) {
      found.add("host namespaces");
    }
    pod.getVolumes().stream()
        .filter(volume -> !allowed(volume))
        .forEach(volume -> found.add("volume type of " + volume.getName()));
    if (context == null || !isTrue(context.getRunAsNonRoot())) {
      found.add("runAsNonRoot != true");
    }
    if (context != null && Long.valueOf(0).equals(context.getRunAsUser())) {
      found.add("runAsUser = 0");
    }
    if (context == null
        || context.getSeccompProfile() == null
        || !List.of("RuntimeDefault", "Localhost")
            .contains(context.getSeccompProfile().getType())) {
      found.add("seccompProfile");
    }
    Stream.concat(pod.getContainers().stream(), pod.getInitContainers().stream())
        .forEach(container -> check(container, found));
    return found;
  }

  private static void check(Container container, List<String> found) {
    SecurityContext context = container.getSecurityContext();
    String name = container.getName();
    if (context == null) {
      found.add(name + ": no securityContext");
      return;
    }
    if (isTrue(context.getPrivileged())) {
      found.add(name + ": privileged");
    }
    if (!Boolean.FALSE.equals(context.getAllowPrivilegeEscalation())) {
      found.add(name + ": allowPrivilegeEscalation != false");
    }
    if (Boolean.FALSE.equals(context.getRunAsNonRoot())
        || Long.valueOf(0).equals(context.getRunAsUser())) {
      found.add(name + ": runs as root");
    }
    Capabilities capabilities = context.getCapabilities();
    if (capabilities == null || !capabilities.getDrop().contains("ALL")) {
      found.add(name + ": capabilities.drop != ALL");
    } else if (!List.of("NET_BIND_SERVICE").containsAll(capabilities.getAdd())) {
      found.add(name + ": capabilities.add");
    }
    if (container.getPorts().stream()
        .anyMatch(port -> port.getHostPort() != null && port.getHostPort() != 0)) {
      found.add(name + ": hostPort");
    }
  }

  private static boolean allowed(Volume volume) {
    return volume.getPersistentVolumeClaim() != null
        || volume.getEmptyDir() != null
        || volume.getConfigMap() != null
        || volume.getSecret() != null
        || volume.getDownwardAPI() != null
        || volume.getProjected() != null
        || volume.getEphemeral() != null
        || volume.getCsi() != null;
  }

  private static boolean isTrue(Boolean value) {
    return Boolean.TRUE.equals(value);
  }
}
