package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One worker for each pod that is bound to this node. */
final class PodWorkers implements ResourceEventHandler<Pod> {
  private final NodeContext node;
  private final Map<String, PodWorker> byUid = new ConcurrentHashMap<>();
  private boolean closed;

  PodWorkers(NodeContext node) {
    this.node = node;
  }

  @Override
  public void onAdd(Pod pod) {
    see(pod);
  }

  @Override
  public void onUpdate(Pod before, Pod pod) {
    see(pod);
  }

  @Override
  public synchronized void onDelete(Pod pod, boolean finalStateUnknown) {
    if (!node.connection().isUp()) {
      return;
    }
    PodWorker worker = byUid.remove(pod.getMetadata().getUid());
    if (worker != null) {
      worker.removed();
    }
  }

  private synchronized void see(Pod pod) {
    if (closed
        || !node.connection().isUp()
        || !node.config().name().equals(pod.getSpec().getNodeName())) {
      return;
    }
    PodWorker worker = byUid.get(pod.getMetadata().getUid());
    if (worker == null) {
      worker = new PodWorker(node, pod);
      byUid.put(pod.getMetadata().getUid(), worker);
      Thread.ofVirtual()
          .name("pod-" + pod.getMetadata().getNamespace() + "-" + pod.getMetadata().getName())
          .start(worker);
    } else {
      worker.update(pod);
    }
  }

  Optional<PodWorker> find(String namespace, String name) {
    return byUid.values().stream()
        .filter(
            worker ->
                worker.pod().getMetadata().getNamespace().equals(namespace)
                    && worker.pod().getMetadata().getName().equals(name))
        .findFirst();
  }

  /** Catches up with what there is: starts what is new, drops what has gone unseen. */
  synchronized void resync(List<Pod> all) {
    Set<String> uids = ConcurrentHashMap.newKeySet();
    all.forEach(pod -> uids.add(pod.getMetadata().getUid()));
    byUid
        .entrySet()
        .removeIf(
            entry -> {
              boolean vanished = !uids.contains(entry.getKey());
              if (vanished) {
                entry.getValue().removed();
              }
              return vanished;
            });
    all.forEach(this::see);
  }

  /** Kills everything at once and forgets it. */
  synchronized void abandonAll() throws InterruptedException {
    List<PodWorker> workers = new ArrayList<>(byUid.values());
    byUid.clear();
    workers.forEach(PodWorker::abandon);
    for (PodWorker worker : workers) {
      worker.awaitEnd(Duration.ofSeconds(10));
    }
  }

  /** Asks all containers to end, kills what has not after the grace period, reports the ends. */
  void shutdown(Duration grace) throws InterruptedException {
    List<PodWorker> workers;
    synchronized (this) {
      closed = true;
      workers = new ArrayList<>(byUid.values());
    }
    Instant deadline = Instant.now().plus(grace);
    workers.forEach(worker -> worker.shutdown(deadline));
    Instant last = deadline.plusSeconds(10);
    for (PodWorker worker : workers) {
      Duration left = Duration.between(Instant.now(), last);
      worker.awaitEnd(left.isNegative() ? Duration.ZERO : left);
    }
    workers.forEach(PodWorker::abandon);
  }

  /** Deletes the working files of pods that vanished while no node was looking. */
  void deleteLeftOvers(List<Pod> all) {
    Path pods = node.config().dataDirectory().resolve("pods");
    if (!Files.isDirectory(pods)) {
      return;
    }
    Set<String> uids = ConcurrentHashMap.newKeySet();
    all.forEach(pod -> uids.add(pod.getMetadata().getUid()));
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(pods)) {
      for (Path directory : directories) {
        if (!uids.contains(directory.getFileName().toString())) {
          PodDirectory.deleteTree(directory);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot clean up " + pods, e);
    }
  }
}
