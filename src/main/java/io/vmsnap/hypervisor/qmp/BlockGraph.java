package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.DiskAttachment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * QEMU's block graph as {@code XDbgBlockGraph} describes it: nodes, and edges from parent to child
 * that carry the child's role ({@code root}, {@code backing}, {@code file}, {@code data-file}).
 *
 * @param nodes names of all block nodes, those of QEMU's own making ({@code #block123}) included
 * @param disks disks of the machine, ordered by id
 */
record BlockGraph(Set<String> nodes, List<AttachedDisk> disks) {
  private static final String DEVICES = "/machine/peripheral/";

  private record Vertex(String type, String name) {}

  static BlockGraph parse(JsonNode answer) throws QmpProtocolException {
    Map<Long, Vertex> vertices = new HashMap<>();
    for (JsonNode node : answer.path("nodes")) {
      vertices.put(
          node.path("id").asLong(),
          new Vertex(node.path("type").asText(), node.path("name").asText()));
    }
    Map<Long, Map<String, Long>> children = new HashMap<>();
    for (JsonNode edge : answer.path("edges")) {
      long child = edge.path("child").asLong();
      if (!vertices.containsKey(child)) {
        throw new QmpProtocolException("block graph: an edge leads to unknown node " + child);
      }
      children
          .computeIfAbsent(edge.path("parent").asLong(), parent -> new HashMap<>())
          .put(edge.path("name").asText(), child);
    }
    Set<String> names = new HashSet<>();
    Map<String, AttachedDisk> disks = new TreeMap<>();
    vertices.forEach(
        (id, vertex) -> {
          if (vertex.type().equals("block-driver")) {
            names.add(vertex.name());
          }
          Long root = children.getOrDefault(id, Map.of()).get("root");
          if (vertex.name().startsWith(DEVICES) && root != null) {
            String place = DiskAttachment.idOfDevice(deviceId(vertex.name()));
            disks.put(place, new AttachedDisk(place, chain(root, children, vertices)));
          }
        });
    return new BlockGraph(Set.copyOf(names), List.copyOf(disks.values()));
  }

  /** {@code /machine/peripheral/scsi0-0/virtio-backend} belongs to device {@code scsi0-0}. */
  private static String deviceId(String path) {
    String rest = path.substring(DEVICES.length());
    int slash = rest.indexOf('/');
    return slash < 0 ? rest : rest.substring(0, slash);
  }

  private static List<String> chain(
      Long top, Map<Long, Map<String, Long>> children, Map<Long, Vertex> vertices) {
    List<String> chain = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    for (Long node = top; node != null && seen.add(node); ) {
      chain.add(vertices.get(node).name());
      node = children.getOrDefault(node, Map.of()).get("backing");
    }
    Collections.reverse(chain);
    return List.copyOf(chain);
  }
}
