package io.vmsnap.harness.guest;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What goes into the guest besides packages: our scripts, and the names of what is taken from the
 * packages. A change of any of it makes another guest.
 *
 * @param scripts path in the guest to content
 */
record GuestRecipe(Map<String, byte[]> scripts) {
  /** Raise when {@link GuestBuilder} makes something else of the same recipe. */
  private static final int BUILDER_VERSION = 1;

  /** Meta package that leads to the kernel: the one for virtual machines, with few modules. */
  static final String KERNEL_PACKAGE = "linux-image-cloud-amd64";

  static final String BUSYBOX_PACKAGE = "busybox-static";
  static final String AGENT_PACKAGE = "qemu-guest-agent";

  /** In the order of loading; what a kernel has built in is passed over. */
  static final List<String> MODULES =
      List.of(
          "virtio_ring",
          "virtio",
          "virtio_pci_modern_dev",
          "virtio_pci_legacy_dev",
          "virtio_pci",
          "virtio_blk",
          "virtio_console",
          // the ACPI power button, and the device that acpid reads it from
          "evdev",
          "button");

  static GuestRecipe load() throws IOException {
    Map<String, byte[]> scripts = new TreeMap<>();
    scripts.put("init", resource("init"));
    scripts.put("sbin/writer", resource("writer"));
    scripts.put("sbin/verify", resource("verify"));
    scripts.put("sbin/shutdown", resource("shutdown"));
    return new GuestRecipe(scripts);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = GuestRecipe.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("resource %s of the guest is missing".formatted(name));
      }
      return in.readAllBytes();
    }
  }

  String fingerprint() {
    StringBuilder text = new StringBuilder().append(BUILDER_VERSION).append(MODULES);
    scripts.forEach((path, content) -> text.append(path).append(Arrays.hashCode(content)));
    return text.toString();
  }
}
