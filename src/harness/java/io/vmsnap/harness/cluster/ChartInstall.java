package io.vmsnap.harness.cluster;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.Release;
import java.nio.file.Path;

/**
 * Installs the chart of this checkout into a cluster, or upgrades it, and runs its own test. Helm
 * is a library here: no helm binary is needed.
 */
public final class ChartInstall {
  private static final String RELEASE = "vmsnap";
  private static final String NAMESPACE = "vmsnap-system";
  private static final int TIMEOUT_SECONDS = 300;

  private ChartInstall() {}

  /**
   * @param arguments kubeconfig, image with a tag
   */
  public static void main(String[] arguments) {
    if (arguments.length != 2) {
      System.err.println("usage: ChartInstall KUBECONFIG IMAGE");
      System.exit(2);
    }
    Path kubeconfig = Path.of(arguments[0]);
    String image = arguments[1];
    int tag = image.lastIndexOf(':');
    if (tag <= image.lastIndexOf('/')) {
      System.err.println("image \"" + image + "\" has no tag: give NAME:TAG");
      System.exit(2);
    }
    Release release =
        new Helm(VmsnapHome.ofThisProject().project().resolve("helm").resolve("vmsnap"))
            .upgrade()
            .install()
            .withName(RELEASE)
            .withNamespace(NAMESPACE)
            .createNamespace()
            .withKubeConfig(kubeconfig)
            .set("image.repository", image.substring(0, tag))
            .set("image.tag", image.substring(tag + 1))
            .waitReady()
            .withTimeout(TIMEOUT_SECONDS)
            .call();
    System.out.println(release.getName() + " " + release.getStatus() + " in " + NAMESPACE);
    Helm.test(RELEASE)
        .withNamespace(NAMESPACE)
        .withKubeConfig(kubeconfig)
        .withTimeout(TIMEOUT_SECONDS)
        .call();
    System.out.println("the release passes its test");
  }
}
