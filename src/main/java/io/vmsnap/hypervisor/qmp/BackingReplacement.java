package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.BlockNode;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.NodeName;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Takes a layer whose files changed below a running machine into the graph anew.
 *
 * <p>QEMU keeps an open index in its cache, so an old node would go on reading what the files said
 * before. The layer is therefore opened as a second node, the overlay moves onto it, the old nodes
 * go, and then the same once more, so that in the end the node has its usual name: jobs and runner
 * know nodes by names that follow from files.
 */
final class BackingReplacement {
  private static final Duration QUICK = Duration.ofSeconds(10);
  private static final Duration FLUSHING = Duration.ofSeconds(60);

  private final QmpSession session;

  BackingReplacement(QmpSession session) {
    this.session = session;
  }

  /** Returns the longest time for which the guest's requests waited. */
  Duration replace(DiskLayer overlay, boolean overlayIsActive, DiskLayer layer, String under)
      throws HypervisorException {
    DiskLayer second =
        new DiskLayer(
            NodeName.secondOf(layer.nodeName()),
            layer.extent(),
            layer.index(),
            layer.dataOffset(),
            layer.capacityBytes());
    Duration first = moveOnto(overlay, overlayIsActive, second, under);
    Duration last = moveOnto(overlay, overlayIsActive, layer, under);
    return first.compareTo(last) > 0 ? first : last;
  }

  private Duration moveOnto(DiskLayer overlay, boolean active, DiskLayer target, String under)
      throws HypervisorException {
    List<String> before = chainOf(overlay.nodeName());
    int position = before.indexOf(overlay.nodeName());
    if (position > 0 && before.get(position - 1).equals(target.nodeName())) {
      return Duration.ZERO; // an attempt that was cut off came this far
    }
    if (graph().nodes().contains(target.nodeName())) {
      session.execute(new BlockCommand.BlockdevDel(target.nodeName()), QUICK);
    }
    ObjectNode options = BlockNode.options(target, under, true);
    session.execute(new BlockCommand.BlockdevAdd(options), QUICK);
    long begin = System.nanoTime();
    session.execute(
        new BlockCommand.BlockdevReopen(BlockNode.options(overlay, target.nodeName(), !active)),
        FLUSHING);
    Duration waited = Duration.ofNanos(System.nanoTime() - begin);
    closeReplaced(before.subList(0, position), under);
    return waited;
  }

  /** Closes, from the top, the nodes that lay above {@code under} and that no disk uses now. */
  private void closeReplaced(List<String> below, String under) throws HypervisorException {
    BlockGraph graph = graph();
    Set<String> inUse =
        Set.copyOf(graph.disks().stream().flatMap(disk -> disk.nodes().stream()).toList());
    for (String node : below.reversed()) {
      if (node.equals(under) || inUse.contains(node)) {
        return;
      }
      if (graph.nodes().contains(node)) {
        session.execute(new BlockCommand.BlockdevDel(node), QUICK);
      }
    }
  }

  private List<String> chainOf(String node) throws HypervisorException {
    return graph().disks().stream()
        .map(AttachedDisk::nodes)
        .filter(nodes -> nodes.contains(node))
        .findFirst()
        .orElseThrow(
            () ->
                new HypervisorException(
                    "no disk of the running machine uses node " + node, false, null));
  }

  private BlockGraph graph() throws HypervisorException {
    return session.execute(new BlockCommand.QueryBlockGraph(), QUICK);
  }
}
