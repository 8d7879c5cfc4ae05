package io.vmsnap.hypervisor;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A layer of a disk as QEMU's {@code BlockdevOptions} (QEMU {@code qapi/block-core.json}), the same
 * for the command line and for {@code blockdev-add}. Files are always named by explicit drivers, so
 * QEMU neither guesses a format nor follows a file name written inside an image.
 */
public final class BlockNode {
  private BlockNode() {}

  /**
   * @param backingNode the layer below; null for a base, and for an overlay that a transaction will
   *     put on top of its backing node
   * @param readOnly for every layer that is not the active one
   */
  public static ObjectNode options(DiskLayer layer, String backingNode, boolean readOnly) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("driver", layer.isBase() ? "raw" : "qcow2");
    node.put("node-name", layer.nodeName());
    node.put("read-only", readOnly);
    node.put("discard", "unmap");
    if (layer.isBase()) {
      if (!readOnly) {
        // mkfs writes zeros: keep the holes of a new disk. A delta needs them as data at once.
        node.put("detect-zeroes", "unmap");
      }
      node.set("file", file(layer.extent().toString()));
      return node;
    }
    node.set("file", file(layer.index().toString()));
    ObjectNode data = node.putObject("data-file");
    data.put("driver", "raw");
    data.put("offset", layer.dataOffset());
    data.put("discard", "unmap");
    data.set("file", file(layer.extent().toString()));
    if (backingNode == null) {
      node.putNull("backing");
    } else {
      node.put("backing", backingNode);
    }
    return node;
  }

  private static ObjectNode file(String name) {
    ObjectNode file = JsonNodeFactory.instance.objectNode();
    file.put("driver", "file");
    file.put("filename", name);
    // Opened for writing only while a parent writes: a frozen disk is O_RDONLY for the kernel too.
    file.put("auto-read-only", true);
    file.put("discard", "unmap");
    return file;
  }
}
