package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.cache.Lister;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Dynamic provisioning as external provisioners do it: a claim of one of our classes gets a
 * directory and a PersistentVolume that is reserved for it, the controller manager binds the two; a
 * released volume with policy Delete is removed with its directory. The size asked for becomes the
 * volume's capacity but does not limit the directory.
 */
final class VolumeProvisioner implements Runnable {
  static final String PROVISIONER = "vmsnap.io/local-directory";
  private static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
  private static final String IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";
  private static final System.Logger LOG = System.getLogger(VolumeProvisioner.class.getName());
  private static final long RETRY_MILLIS = 5000;

  private final NodeContext node;
  private final Lister<PersistentVolumeClaim> claims;
  private final Lister<PersistentVolume> volumes;
  private final NodeEvents events;
  private final Path directory;
  private final Semaphore wake = new Semaphore(0);
  private volatile boolean stopped;

  VolumeProvisioner(
      NodeContext node, Lister<PersistentVolumeClaim> claims, Lister<PersistentVolume> volumes) {
    this.node = node;
    this.claims = claims;
    this.volumes = volumes;
    this.events = new NodeEvents(node.client(), PROVISIONER, null);
    this.directory = node.config().dataDirectory().resolve("volumes");
  }

  /** Creates our storage classes. */
  void createClasses() {
    for (String name : node.config().storageClasses().keySet()) {
      StorageClass wanted =
          new StorageClassBuilder()
              .withNewMetadata()
              .withName(name)
              .addToAnnotations(IS_DEFAULT, String.valueOf(name.equals(NodeConfig.DEFAULT_CLASS)))
              .endMetadata()
              .withProvisioner(PROVISIONER)
              .withReclaimPolicy("Delete")
              .withVolumeBindingMode("Immediate")
              .build();
      var resource = node.client().storage().v1().storageClasses().resource(wanted);
      if (resource.get() == null) {
        resource.create();
      }
    }
  }

  void wake() {
    wake.release();
  }

  void stop() {
    stopped = true;
    wake.release();
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        boolean done = pass();
        wake.tryAcquire(done ? 60_000 : RETRY_MILLIS, TimeUnit.MILLISECONDS);
        wake.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns false if something has to be tried again. */
  private boolean pass() {
    boolean done = true;
    for (PersistentVolumeClaim claim : claims.list()) {
      done &= attempt(() -> provision(claim), claim);
    }
    for (PersistentVolume volume : volumes.list()) {
      done &= attempt(() -> reclaim(volume), null);
    }
    return done;
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private boolean attempt(Attempt attempt, PersistentVolumeClaim claim) {
    try {
      attempt.run();
      return true;
    } catch (IOException | KubernetesClientException e) {
      LOG.log(Level.WARNING, "volume: tried again: " + e.getMessage());
      if (claim != null) {
        events.warning(claim, "ProvisioningFailed", e.getMessage());
      }
      return false;
    }
  }

  private void provision(PersistentVolumeClaim claim) throws IOException {
    String className = claim.getSpec().getStorageClassName();
    VolumeSeeder seeder = className == null ? null : node.config().storageClasses().get(className);
    if (seeder == null
        || claim.getSpec().getVolumeName() != null
        || claim.getSpec().getSelector() != null
        || claim.getMetadata().getDeletionTimestamp() != null) {
      return;
    }
    String name = "pvc-" + claim.getMetadata().getUid();
    if (node.client().persistentVolumes().withName(name).get() != null) {
      return;
    }
    Path place = directory.resolve(name);
    if (!Files.isDirectory(place)) {
      seed(claim, seeder, place);
    }
    node.client().persistentVolumes().resource(volume(claim, name, className, place)).create();
    events.normal(claim, "ProvisioningSucceeded", "Successfully provisioned volume " + name);
  }

  /** Fills a directory aside and gives it its name at the end, so that no half volume is used. */
  private void seed(PersistentVolumeClaim claim, VolumeSeeder seeder, Path place)
      throws IOException {
    Path aside = place.resolveSibling("." + place.getFileName());
    PodDirectory.deleteTree(aside);
    Files.createDirectories(aside);
    seeder.seed(aside, claim);
    Files.move(aside, place);
  }

  private PersistentVolume volume(
      PersistentVolumeClaim claim, String name, String className, Path place) {
    return new PersistentVolumeBuilder()
        .withNewMetadata()
        .withName(name)
        .withAnnotations(Map.of(PROVISIONED_BY, PROVISIONER))
        .endMetadata()
        .withNewSpec()
        .withCapacity(
            Map.of("storage", claim.getSpec().getResources().getRequests().get("storage")))
        .withAccessModes(claim.getSpec().getAccessModes())
        .withVolumeMode("Filesystem")
        .withPersistentVolumeReclaimPolicy("Delete")
        .withStorageClassName(className)
        .withNewLocal()
        .withPath(place.toString())
        .endLocal()
        .withNewNodeAffinity()
        .withNewRequired()
        .addNewNodeSelectorTerm()
        .addNewMatchExpression()
        .withKey("kubernetes.io/hostname")
        .withOperator("In")
        .withValues(node.config().name())
        .endMatchExpression()
        .endNodeSelectorTerm()
        .endRequired()
        .endNodeAffinity()
        .withNewClaimRef()
        .withApiVersion("v1")
        .withKind("PersistentVolumeClaim")
        .withNamespace(claim.getMetadata().getNamespace())
        .withName(claim.getMetadata().getName())
        .withUid(claim.getMetadata().getUid())
        .endClaimRef()
        .endSpec()
        .build();
  }

  private void reclaim(PersistentVolume volume) throws IOException {
    var annotations = volume.getMetadata().getAnnotations();
    if (annotations == null
        || !PROVISIONER.equals(annotations.get(PROVISIONED_BY))
        || volume.getMetadata().getDeletionTimestamp() != null
        || volume.getStatus() == null
        || !"Released".equals(volume.getStatus().getPhase())
        || !"Delete".equals(volume.getSpec().getPersistentVolumeReclaimPolicy())) {
      return;
    }
    Path place = Path.of(volume.getSpec().getLocal().getPath()).normalize();
    if (!place.startsWith(directory)) {
      return; // another node's, or edited by hand: not ours to delete
    }
    PodDirectory.deleteTree(place);
    node.client().persistentVolumes().withName(volume.getMetadata().getName()).delete();
  }
}
