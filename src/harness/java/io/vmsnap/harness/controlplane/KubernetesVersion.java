package io.vmsnap.harness.controlplane;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A release of Kubernetes, as far as command-line options depend on it.
 *
 * @param major 1
 * @param minor 20 and above are supported
 * @param patch not below 0
 */
public record KubernetesVersion(int major, int minor, int patch)
    implements Comparable<KubernetesVersion> {

  private static final Pattern NUMBERS =
      Pattern.compile("(?<![\\d.])v?(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");

  /**
   * Finds the version in a directory name ({@code 1.33.0-linux-amd64}) or in what {@code
   * kube-apiserver --version} prints ({@code Kubernetes v1.20.2}).
   *
   * @throws IllegalArgumentException if there is none
   */
  public static KubernetesVersion parse(String text) {
    Matcher numbers = NUMBERS.matcher(text);
    if (!numbers.find()) {
      throw new IllegalArgumentException("no version like v1.20.2 in: " + text.strip());
    }
    return new KubernetesVersion(
        Integer.parseInt(numbers.group(1)),
        Integer.parseInt(numbers.group(2)),
        Integer.parseInt(numbers.group(3)));
  }

  /** Whether this is an older minor release than {@code 1.minor}. */
  boolean isBefore(int minorRelease) {
    return major == 1 && minor < minorRelease;
  }

  @Override
  public int compareTo(KubernetesVersion other) {
    return Comparator.comparingInt(KubernetesVersion::major)
        .thenComparingInt(KubernetesVersion::minor)
        .thenComparingInt(KubernetesVersion::patch)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return "v" + major + "." + minor + "." + patch;
  }
}
