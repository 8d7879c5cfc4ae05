package io.vmsnap.hypervisor;

import java.util.List;

/**
 * A disk as it is plugged into the machine.
 *
 * @param id the VM directory's name of its place, such as {@code scsi0:0}
 * @param serial serial number that the guest sees; QEMU keeps 20 characters of it
 * @param layers its chain, base first, active last; never empty
 */
public record DiskAttachment(String id, String serial, List<DiskLayer> layers) {
  public DiskAttachment {
    layers = List.copyOf(layers);
    if (layers.isEmpty() || !layers.getFirst().isBase()) {
      throw new IllegalArgumentException("the chain of disk " + id + " does not begin with a base");
    }
  }

  /** QEMU's id of the device: {@code scsi0-0} for {@code scsi0:0}, as ids take no colon. */
  public String deviceId() {
    return id.replace(':', '-');
  }

  /** The place that belongs to a QEMU device id; the id itself if it is not one of ours. */
  public static String idOfDevice(String deviceId) {
    int dash = deviceId.lastIndexOf('-');
    return dash < 0 ? deviceId : deviceId.substring(0, dash) + ':' + deviceId.substring(dash + 1);
  }
}
