package io.vmsnap.hypervisor;

import java.util.List;

/**
 * A disk of the running machine.
 *
 * @param id the VM directory's name of it, such as {@code scsi0:0}
 * @param nodes names of its nodes, base first, active last
 */
public record AttachedDisk(String id, List<String> nodes) {
  public String activeNode() {
    return nodes.getLast();
  }
}
