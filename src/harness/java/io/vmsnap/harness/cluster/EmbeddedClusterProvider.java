package io.vmsnap.harness.cluster;

import io.vmsnap.harness.controlplane.ControlPlaneBinaries;
import io.vmsnap.harness.controlplane.ControlPlaneException;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.node.VolumeSeeder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Starts a cluster on this machine, in a new directory under {@code target/} or in a given one. */
public final class EmbeddedClusterProvider implements ClusterProvider {
  public static final String NAME = "embedded";

  private static final Map<String, VolumeSeeder> SEEDERS =
      Map.of(EmbeddedCluster.GUEST_IMAGE_CLASS, new GuestImageSeeder());

  private final Optional<Path> directory;

  private EmbeddedClusterProvider(Optional<Path> directory) {
    this.directory = directory;
  }

  /** For tests: a new, empty cluster each time; its directory stays for whoever needs the logs. */
  public static EmbeddedClusterProvider temporary() {
    return new EmbeddedClusterProvider(Optional.empty());
  }

  /** For people: the cluster in that directory goes on where it stopped. */
  public static EmbeddedClusterProvider in(Path directory) {
    return new EmbeddedClusterProvider(Optional.of(directory));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Optional<String> unavailable() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("the local node needs Linux (/proc, all of 127/8, setsid)");
    }
    try {
      ControlPlaneBinaries.find();
      VmsnapHome.ofThisProject().requireBuilt();
      return Optional.empty();
    } catch (IOException | ControlPlaneException | IllegalStateException e) {
      return Optional.of(e.getMessage());
    }
  }

  @Override
  public EmbeddedCluster open(Consumer<String> progress) throws Exception {
    VmsnapHome home = VmsnapHome.ofThisProject();
    // Now, with progress, rather than inside of the first claim's provisioning.
    GuestImage.get(progress);
    Path place;
    if (directory.isPresent()) {
      place = directory.get();
    } else {
      Path parent = home.project().resolve("target/clusters");
      Files.createDirectories(parent);
      place = Files.createTempDirectory(parent, "embedded-");
    }
    return EmbeddedCluster.start(home, place.toAbsolutePath(), SEEDERS, progress);
  }
}
