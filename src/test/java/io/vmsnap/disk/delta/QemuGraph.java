package io.vmsnap.disk.delta;

import io.vmsnap.disk.chain.ChainLayer;
import io.vmsnap.disk.chain.DiskChain;
import java.nio.file.Path;

/** Block graphs for QEMU's tools, as its command line would describe them to a machine. */
public final class QemuGraph {
  private QemuGraph() {}

  /** The chain as the machine runs it: raw base, deltas by their indexes. */
  public static String live(Path directory, DiskChain chain) {
    String node = null;
    for (ChainLayer layer : chain.layers()) {
      node = layer.isBase() ? raw(directory, layer) : delta(directory, layer, node);
    }
    return "json:" + node;
  }

  /** One delta without what is below it. */
  public static String alone(Path directory, ChainLayer layer) {
    return "json:" + delta(directory, layer, "null");
  }

  /** The chain as any reader of VMDK files finds it. */
  public static String vmdk(Path directory, DiskChain chain) {
    return "json:{\"driver\":\"vmdk\",\"file\":" + file(directory, chain.active()) + "}";
  }

  private static String raw(Path directory, ChainLayer layer) {
    return "{\"driver\":\"raw\",\"file\":" + file(directory, layer.extent()) + "}";
  }

  private static String delta(Path directory, ChainLayer layer, String backing) {
    return "{\"driver\":\"qcow2\",\"discard\":\"unmap\",\"file\":"
        + file(directory, layer.index())
        + ",\"data-file\":{\"driver\":\"raw\",\"discard\":\"unmap\",\"offset\":"
        + layer.dataOffset()
        + ",\"file\":"
        + file(directory, layer.extent())
        + "},\"backing\":"
        + backing
        + "}";
  }

  private static String file(Path directory, String name) {
    return "{\"driver\":\"file\",\"auto-read-only\":true,\"discard\":\"unmap\",\"filename\":\""
        + directory.resolve(name)
        + "\"}";
  }
}
